//! The one binary: reads configuration, wires the contexts, runs. It decides nothing itself.
mod audit;
mod catalog;
mod catalog_cli;
mod cli;
mod config;
mod data;
mod evidence;
mod evidence_cli;
mod failure;
mod listen;
mod live;
mod live_cli;
mod logs;
mod monitor;
mod monitor_cli;
mod operator;
mod project;
mod project_cli;
mod release;
mod release_cli;
mod remote;
mod run;
mod runs_cli;
mod serve;
mod serve_process;
mod serve_supervisor;
mod serve_walls;
mod server;
mod serving_way;
mod socket;
mod stats_command;
mod table;
mod wiring;

use clap::Parser;
use cli::{AdminVerb, AuditVerb, Cli, ReferencePage, TokenVerb, Verb};
use evidence_cli::EvidenceVerb;
use failure::{Exit, Failure, Result};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: a step starts this program twice, and needs nothing of what follows.
    let arguments: Vec<_> = std::env::args_os().skip(1).take(4).collect();
    if let Some((word, rest)) = arguments.split_first()
        && word == "runner"
        && let Some(code) = runs::runner::main(rest)
    {
        return code;
    }
    // Two providers are linked in: without a default, the first TLS connection would panic.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return ExitCode::from(Exit::Internal as u8);
    }
    let verb = Cli::parse().verb;
    if let Verb::GitHook { hook } = &verb {
        // Git shows whoever pushes what is written to standard error, and takes any other code than 0 for a no.
        let goes_on = git::run_hook(hook, std::io::stdin(), std::io::stdout(), std::io::stderr());
        return if goes_on { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if let Verb::Runner { launch } = &verb {
        return runs::runner::attempt(launch);
    }
    match run(verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Openapi => print(&wiring::document()?),
        Verb::States => print(&wiring::states()?),
        Verb::Reference { page: ReferencePage::Cli } => print(&cli::reference()),
        Verb::Reference { page: ReferencePage::Configuration } => print(&config::reference()),
        Verb::Reference { page: ReferencePage::Permissions } => {
            print(&access::permissions::reference(&api::policies())?)
        }
        Verb::Audit(AuditVerb::Verify { file, key, checkpoint, json }) => {
            print(&audit::verify(&file, &key, checkpoint.as_deref(), json)?)
        }
        Verb::Evidence(EvidenceVerb::Verify { file, key, json }) => print(&evidence::verify(&file, &key, json)?),
        // Without a runtime: it has threads of its own.
        Verb::Stats(verb) => {
            let (text, failure) = stats_command::stats(&verb)?;
            print(&text)?;
            failure.map_or(Ok(()), Err)
        }
        verb => {
            // Before there are other threads: the walls are those of this one and of what it starts.
            if let Verb::Serve(args) = &verb {
                serve::begin(args)?;
            }
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Failure::io("no threads could be started", &error))?;
            let serves = matches!(verb, Verb::Serve(_));
            let done = runtime.block_on(run_async(verb));
            if serves {
                // What a model still computes holds nothing up.
                runtime.shutdown_background();
            }
            done
        }
    }
}

async fn run_async(verb: Verb) -> Result<()> {
    match verb {
        Verb::Server(args) => server::run(args).await,
        Verb::Serve(args) => serve::run(args).await,
        Verb::Token(TokenVerb::Create { place, user, group, ttl, json }) => {
            print(&operator::create_token(&place, user, group, ttl, json).await?)
        }
        Verb::Admin(AdminVerb::Link { place, user, json }) => print(&operator::admin_link(&place, user, json).await?),
        Verb::Login(args) => remote::login(args).await,
        Verb::Audit(AuditVerb::Export { remote }) => audit::export(&remote).await,
        Verb::Lake(verb) => print(&catalog::lake(verb).await?),
        Verb::Dataset(verb) => print(&catalog::dataset(verb).await?),
        Verb::Purpose(verb) => print(&catalog::purpose(verb).await?),
        Verb::Request(verb) => print(&catalog::request(verb).await?),
        Verb::Grant(verb) => print(&catalog::grant(verb).await?),
        Verb::Query(args) => catalog::query(args).await,
        Verb::Project(verb) => print(&project::project(verb).await?),
        Verb::Release(verb) => print(&release::release(verb).await?),
        Verb::LiveModels(verb) => print(&live::live_model(verb).await?),
        Verb::Batch(verb) => print(&live::batch(verb).await?),
        Verb::Monitor(verb) => {
            let (text, failure) = monitor::monitor(verb).await?;
            print(&text)?;
            failure.map_or(Ok(()), Err)
        }
        Verb::Breach(verb) => print(&monitor::breach(verb).await?),
        Verb::Evidence(verb) => {
            let said = evidence::evidence(verb).await?;
            if said.is_empty() { Ok(()) } else { print(&said) }
        }
        Verb::Clock(verb) => print(&evidence::clock(verb).await?),
        Verb::Environment(verb) => print(&project::environment(verb).await?),
        Verb::Run(verb) => run::run(verb).await,
        Verb::Openapi
        | Verb::States
        | Verb::GitHook { .. }
        | Verb::Runner { .. }
        | Verb::Reference { .. }
        | Verb::Stats(_)
        | Verb::Audit(AuditVerb::Verify { .. }) => Ok(()),
    }
}

/// Prints a result; a reader that went away is no failure.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::io("standard output", &error)),
        _ => Ok(()),
    }
}
