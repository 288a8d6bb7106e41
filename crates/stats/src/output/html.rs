//! Reports for notebooks and pages: HTML without scripts and addresses.
use super::clean::{cut, harmless, spans};
use super::text::{shown, word};
use super::{Align, Outcome, Report, Table};

/// The longest cell.
const LONGEST: usize = 200;

/// A cell of more letters is broken into lines: in one piece it would make the table wider than a page.
const ONE_LINE: usize = 24;

/// A table that is wide scrolls in a box of its own, which is as wide as what stands around it and does not widen that. Colours are those
/// of whatever the report stands in, light or dark; the verdict is a word, not a colour alone.
const STYLE: &str = "\
.lockgate-report{font-family:system-ui,sans-serif;font-size:14px;line-height:1.45;max-width:100%}\
.lockgate-report .lockgate-verdict{font-weight:600;padding:.1em .5em;border-radius:.3em;border:1px solid currentColor;margin-right:.4em}\
.lockgate-report .lockgate-within{color:#1a7f37}\
.lockgate-report .lockgate-breached{color:#cf222e}\
.lockgate-report .lockgate-not-computable{color:#9a6700}\
.lockgate-report .lockgate-scroll{overflow-x:auto;width:0;min-width:100%;margin:.8em 0}\
.lockgate-report table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
.lockgate-report caption{text-align:left;font-weight:600;padding:.2em 0}\
.lockgate-report th,.lockgate-report td{padding:.2em .7em;border-bottom:1px solid rgba(128,128,128,.3);text-align:left;vertical-align:top}\
.lockgate-report .lockgate-number{text-align:right;white-space:nowrap}\
.lockgate-report .lockgate-long{white-space:normal;min-width:9em;max-width:32em;overflow-wrap:anywhere}";

/// Returns the report as a piece of HTML without scripts, styles of its own included, every text escaped.
///
/// It links nowhere and loads nothing, so it may be kept and sent. Each cell and each name is a direction of its own, so that right
/// to left scripts do not move what stands beside them.
pub fn to_html(report: &dyn Report) -> String {
    let verdict = report.verdict().map_or_else(String::new, |verdict| {
        let class = match verdict {
            Outcome::Within => "lockgate-within",
            Outcome::Breached => "lockgate-breached",
            Outcome::NotComputable => "lockgate-not-computable",
        };
        format!("<span class=\"lockgate-verdict {class}\">{}</span>", word(verdict))
    });
    let headline = paragraph(&report.headline());
    let mut html = format!("<div class=\"lockgate-report\"><style>{STYLE}</style>\n<p>{verdict}{headline}</p>\n");
    for table in report.tables().iter().filter(|table| !table.rows.is_empty()) {
        html += &table_html(table);
    }
    let notes = report.notes();
    if !notes.is_empty() {
        let items: String = notes.iter().map(|note| format!("<li>{}</li>", paragraph(note))).collect();
        html += &format!("<ul>{items}</ul>\n");
    }
    html + "</div>\n"
}

/// Returns the report as a page of its own.
pub fn to_html_page(report: &dyn Report, title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title></head><body>\n{}</body></html>\n",
        escaped(&harmless(title)),
        to_html(report)
    )
}

fn table_html(table: &Table) -> String {
    let class = |column: usize, text: &str| {
        let is_number = table.headings.get(column).is_some_and(|(_, align)| *align == Align::Right);
        match (is_number, text.chars().nth(ONE_LINE).is_some()) {
            (true, true) => " class=\"lockgate-number lockgate-long\"",
            (true, false) => " class=\"lockgate-number\"",
            (false, true) => " class=\"lockgate-long\"",
            (false, false) => "",
        }
    };
    let head = table.headings.iter().enumerate();
    let head = head
        .map(|(column, (heading, _))| format!("<th scope=\"col\"{}>{}</th>", class(column, heading), cell(heading)));
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().enumerate();
        let cells = cells.map(|(column, text)| format!("<td dir=\"auto\"{}>{}</td>", class(column, text), cell(text)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    format!(
        "<div class=\"lockgate-scroll\"><table><caption>{}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
        paragraph(&table.title),
        head.collect::<String>(),
        table.rows.iter().map(row).collect::<String>()
    )
}

fn cell(text: &str) -> String {
    escaped(&cut(&shown(text), LONGEST))
}

/// A text of ours, whose backticks mark code.
fn paragraph(text: &str) -> String {
    let part = |(is_code, part): &(bool, &str)| {
        let text = escaped(&harmless(part));
        if *is_code { format!("<bdi><code>{text}</code></bdi>") } else { text }
    };
    spans(text).iter().map(part).collect()
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut html, letter| {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            letter => html.push(letter),
        }
        html
    })
}
