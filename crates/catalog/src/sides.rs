//! On which side of a request or grant somebody stands: who asks never decides.
use crate::requests::{ReadUse, RequestKind};
use access::http::{Held, Permit};
use access::{Action, Columns, LinkMaker, Sought, Visible};
use base::{PersonId, Principal, TeamId};
use db::Tx;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use std::collections::BTreeSet;

/// How somebody stands to what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// On another side.
    Other,
    /// Is the principal, belongs to it, may work in it, or had a hand in the request.
    Asks,
    /// Came in by a one-time link that this person, of the side that asks, made: it may be them who decides.
    LinkBy(PersonId),
}

/// The asking side: for whom it is, who wrote, changed or submitted it, and what they ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    principal: &'a Principal,
    hands: &'a BTreeSet<PersonId>,
    sought: Sought<'a>,
}

impl<'a> Asking<'a> {
    /// Returns the side that asks for access of this kind to what `team` owns: `principal`, and those whose `hands` were in it.
    pub fn new(
        kind: RequestKind,
        team: Option<&'a TeamId>,
        principal: &'a Principal,
        hands: &'a BTreeSet<PersonId>,
    ) -> Self {
        let sought = match kind {
            RequestKind::Read | RequestKind::Write => Sought::Data,
            RequestKind::Use => Sought::Endpoint(team),
        };
        Self { principal, hands, sought }
    }

    /// Returns how `person` stands to it, who holds this and came in by a link of `maker`.
    pub fn side(&self, person: &PersonId, held: &Held<'_>, maker: Option<&LinkMaker>) -> Side {
        self.side_by(person, held.sides_with(self.principal, self.sought), maker)
    }

    /// Returns how `person` stands to it now.
    pub async fn side_of(&self, tx: &Tx, person: &PersonId) -> db::Result<Side> {
        let sides_with_it = access::sides_with(tx, person, self.principal, self.sought).await?;
        Ok(self.side_by(person, sides_with_it, access::link_maker(tx, person).await?.as_ref()))
    }

    /// `sides_with_it`: whether they are the principal, belong to it, or may work in it.
    fn side_by(&self, person: &PersonId, sides_with_it: bool, maker: Option<&LinkMaker>) -> Side {
        if sides_with_it || self.hands.contains(person) {
            return Side::Asks;
        }
        match maker {
            Some(maker) if self.hands.contains(&maker.person) || maker.sides_with(self.principal, self.sought) => {
                Side::LinkBy(maker.person.clone())
            }
            _ => Side::Other,
        }
    }
}

/// Which requests and grants somebody sees in a list: those of their side and of the data they look after, and, of those to call an
/// endpoint, the ones of the models that they answer for.
#[derive(Debug)]
pub(crate) struct Eyes {
    all: Visible,
    of_use: Visible,
}

impl Eyes {
    /// Returns what the caller of a list sees.
    pub async fn of<A: Action>(tx: &Tx, permit: &Permit<A>) -> db::Result<Self> {
        Ok(Self { all: permit.visible(tx).await?, of_use: permit.visible_by::<ReadUse>(tx).await? })
    }

    /// Returns the condition over a table that has the column `kind`.
    pub fn condition(&self, columns: &Columns) -> Condition {
        if self.all.is_everything() {
            return Condition::all();
        }
        let of_use = Condition::all().add(Expr::col("kind").eq(RequestKind::Use.as_str()));
        Condition::any().add(self.all.condition(columns)).add(of_use.add(self.of_use.condition(columns)))
    }
}
