//! Whose sheets somebody asks for, within what he may see.

use domain::authority::Reach;
use domain::ids::{GroupId, MemberId, SectorId};
use domain::people::Position;
use entity::member;
use sea_orm::{ColumnTrait, Condition};

/// Whose sheets.
#[derive(Clone, Debug)]
pub struct Filter {
    /// How far whoever asks may see.
    pub reach: Reach,
    /// This member only.
    pub member: Option<MemberId>,
    /// Members of this group only.
    pub group: Option<GroupId>,
    /// Members of this sector only.
    pub sector: Option<SectorId>,
    /// Members in this position only.
    pub position: Option<Position>,
}

impl Filter {
    /// Everybody within reach.
    pub fn within(reach: Reach) -> Self {
        Self {
            reach,
            member: None,
            group: None,
            sector: None,
            position: None,
        }
    }

    /// Everybody.
    pub fn all() -> Self {
        Self::within(Reach {
            committee: true,
            ..Reach::default()
        })
    }

    /// One member whom the caller was proved to reach.
    pub fn one(member: MemberId) -> Self {
        Self {
            member: Some(member),
            ..Self::all()
        }
    }

    /// Whether a member is among them.
    pub fn includes(&self, member: &member::Model) -> bool {
        let reach = &self.reach;
        let within = reach.committee
            || reach.groups.contains(&member.group_id)
            || reach.member == Some(member.id);
        within
            && self.member.is_none_or(|id| id == member.id)
            && self.group.is_none_or(|id| id == member.group_id)
            && self.sector.is_none_or(|id| id == member.sector_id)
            && self
                .position
                .is_none_or(|position| position == member.position)
    }

    /// The same as a condition of a query.
    pub fn members(&self) -> Condition {
        use member::Column as C;
        let within = if self.reach.committee {
            Condition::all()
        } else {
            // An empty list of groups matches nothing.
            Condition::any()
                .add(C::GroupId.is_in(self.reach.groups.iter().copied()))
                .add_option(self.reach.member.map(|member| C::Id.eq(member)))
        };
        Condition::all()
            .add(within)
            .add_option(self.member.map(|member| C::Id.eq(member)))
            .add_option(self.group.map(|group| C::GroupId.eq(group)))
            .add_option(self.sector.map(|sector| C::SectorId.eq(sector)))
            .add_option(self.position.map(|position| C::Position.eq(position)))
    }
}
