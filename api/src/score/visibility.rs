//! Who sees whose totals: as far as his seats reach, and as far as the rulebook lets him (S40).

use domain::authority::{Operation, Reach, Scope, Standing};
use domain::ids::{CommitteeId, GroupId};
use domain::score::{Scheme, Viewer};
use entity::{group, member};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::access::{Caller, Guarded};
use crate::app::App;
use crate::error::Result;

/// How far a caller sees in the ranking, and whether he sees more of it than his own line.
///
/// The office, leaders and auditors answer for all and see all. Conveners and staff see their
/// groups, and members each other, where the rulebook lists them among the viewers.
pub fn ranking(scheme: &Scheme, caller: &Caller) -> Reach {
    let viewers = &scheme.rulebook().visibility.ranking;
    let standings: Vec<Standing> = caller
        .standings()
        .iter()
        .filter(|standing| match standing {
            Standing::Convener(_) => viewers.contains(&Viewer::Convener),
            Standing::Staff(..) => viewers.contains(&Viewer::Staff),
            _ => true,
        })
        .cloned()
        .collect();
    let mut reach = Reach::of(Operation::RankingRead, &standings).unwrap_or_default();
    let shown = shown(viewers, caller.standings());
    reach.committee |= shown.committee;
    reach.groups.extend(shown.groups);
    reach
}

/// How far viewers of these kinds see with these seats, beyond themselves.
fn shown(viewers: &[Viewer], standings: &[Standing]) -> Reach {
    let mut reach = Reach::default();
    for standing in standings {
        match standing {
            Standing::Member(_, group) => {
                reach.committee |= viewers.contains(&Viewer::AllMembers);
                if viewers.contains(&Viewer::Group) {
                    reach.groups.push(*group);
                }
            }
            Standing::Convener(group) if viewers.contains(&Viewer::Convener) => {
                reach.groups.push(*group);
            }
            Standing::Staff(_, groups) if viewers.contains(&Viewer::Staff) => {
                reach.groups.extend(groups);
            }
            _ => {}
        }
    }
    reach
}

/// A member whose sheet is asked for: seen by himself, by those who answer for all, and by those
/// whom the rulebook in force lists in `visibility.sheets` (S40).
#[derive(Debug)]
pub struct SheetOf(pub member::Model);

impl Guarded for SheetOf {
    const PARAM: &'static str = member::Model::PARAM;
    const READ: Operation = member::Model::READ;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(member::Model::load(app, committee, id).await?.map(Self))
    }

    async fn scope(&self, app: &App, caller: &Caller) -> Result<Scope> {
        self.0.scope(app, caller).await
    }

    async fn reach(
        &self,
        app: &App,
        caller: &Caller,
        operation: Operation,
    ) -> Result<Option<Reach>> {
        let committee = caller.committee;
        let period = super::periods::period(app, committee, None).await?;
        let scheme = super::rulebooks::in_force(app, committee, period)
            .await?
            .scheme;
        let mut reach = Reach::of(operation, caller.standings()).unwrap_or_default();
        let viewers = &scheme.rulebook().visibility.sheets;
        let shown = shown(viewers, caller.standings());
        reach.committee |= shown.committee;
        reach.groups.extend(shown.groups);
        Ok(Some(reach))
    }
}

/// How far a caller sees more than totals: attendance and its shares.
pub fn details(caller: &Caller) -> Reach {
    Reach::of(Operation::RankingRead, caller.standings()).unwrap_or_default()
}

/// Whether a caller who sees only himself in the ranking is told his place in it: a rank tells of
/// others.
pub fn sees_places(scheme: &Scheme, reach: &Reach) -> bool {
    let viewers = &scheme.rulebook().visibility.ranking;
    reach.committee || !reach.groups.is_empty() || viewers.contains(&Viewer::Own)
}

impl Guarded for group::Model {
    const PARAM: &'static str = "group_id";
    const READ: Operation = Operation::CatalogueRead;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        let key = (committee, GroupId(id));
        Ok(group::Entity::find_by_id(key).one(app.db.read()).await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: vec![self.id],
            member: None,
        })
    }
}
