//! Who is invited: groups and picked members, named while an activity is written and turned into
//! people once, when it is published.

use std::collections::HashSet;

use domain::authority::Reach;
use domain::ids::{CommitteeId, GroupId, MemberId};
use domain::people::MemberStatus;
use entity::{Scoped, activity, group, member};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{ApiError, Result};
use crate::extract::Fields;

/// Who is invited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Every member in office of these groups.
    #[serde(default)]
    pub groups: Vec<GroupId>,
    /// These members, whichever group they belong to.
    #[serde(default)]
    pub members: Vec<MemberId>,
}

impl Audience {
    /// The members of one group.
    pub fn group(id: GroupId) -> Self {
        Self {
            groups: vec![id],
            members: Vec::new(),
        }
    }

    /// The audience of an activity.
    pub fn of(row: &activity::Model) -> Result<Self> {
        serde_json::from_value(row.audience.clone()).map_err(ApiError::internal)
    }

    /// As it is stored.
    pub fn json(&self) -> Value {
        serde_json::json!({ "groups": self.groups, "members": self.members })
    }

    /// The audience without repetitions, if everybody in it exists and may be invited.
    ///
    /// A convener invites members of the own groups only. One id that is not known refuses all,
    /// and an id of another committee is as unknown as one that was made up.
    ///
    /// # Errors
    /// `validation_failed` with the place of each such id.
    pub async fn checked(
        mut self,
        db: &impl ConnectionTrait,
        committee: CommitteeId,
        reach: &Reach,
    ) -> Result<Self> {
        let mut fields = Fields::default();
        self.groups.sort_unstable();
        self.groups.dedup();
        self.members.sort_unstable();
        self.members.dedup();
        fields.check(
            !self.groups.is_empty() || !self.members.is_empty(),
            "/audience",
            "required",
            "请选择参加的组或委员",
        );
        fields.check(
            self.groups.len() <= 200,
            "/audience/groups",
            "too_many",
            "最多 200 个组",
        );
        fields.check(
            self.members.len() <= 1000,
            "/audience/members",
            "too_many",
            "单独邀请的委员最多 1000 人",
        );
        fields.finish()?;

        let groups: HashSet<_> = group::Entity::of(committee)
            .filter(group::Column::Id.is_in(self.groups.iter().copied()))
            .all(db)
            .await?
            .into_iter()
            .map(|group| group.id)
            .filter(|group| reach.committee || reach.groups.contains(group))
            .collect();
        let members: HashSet<_> = member::Entity::of(committee)
            .filter(member::Column::Id.is_in(self.members.iter().copied()))
            .all(db)
            .await?
            .into_iter()
            .filter(|member| reach.committee || reach.groups.contains(&member.group_id))
            .map(|member| member.id)
            .collect();
        let mut fields = Fields::default();
        for (index, group) in self.groups.iter().enumerate() {
            fields.check(
                groups.contains(group),
                &format!("/audience/groups/{index}"),
                "unknown_group",
                "没有这个组，或不能邀请该组",
            );
        }
        for (index, member) in self.members.iter().enumerate() {
            fields.check(
                members.contains(member),
                &format!("/audience/members/{index}"),
                "unknown_member",
                "没有这位委员，或不能邀请该委员",
            );
        }
        fields.finish()?;
        Ok(self)
    }

    /// The members in office who are meant, of the term the activity falls into.
    pub async fn people(
        &self,
        db: &impl ConnectionTrait,
        row: &activity::Model,
    ) -> Result<Vec<member::Model>> {
        let meant = Condition::any()
            .add(member::Column::GroupId.is_in(self.groups.iter().copied()))
            .add(member::Column::Id.is_in(self.members.iter().copied()));
        let people = member::Entity::of(row.committee_id)
            .filter(member::Column::TermId.eq(row.term_id))
            .filter(member::Column::Status.eq(MemberStatus::Active))
            .filter(meant)
            .order_by_asc(member::Column::Id)
            .all(db)
            .await?;
        Ok(people)
    }
}
