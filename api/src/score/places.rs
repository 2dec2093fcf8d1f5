//! The groups, sectors and special committees of a committee, by which rules tell members apart.

use std::collections::HashMap;

use domain::ids::{CommitteeId, GroupId, SectorId, SpecialCommitteeId};
use domain::score::{Person, Subject};
use entity::{Scoped, group, member, sector, special_committee};

use crate::app::App;
use crate::error::Result;

/// The places of a committee.
#[derive(Clone, Debug)]
pub struct Places {
    groups: HashMap<GroupId, group::Model>,
    sectors: HashMap<SectorId, String>,
    special_committees: HashMap<SpecialCommitteeId, String>,
}

impl Places {
    /// The places of a committee, in three queries.
    pub async fn load(app: &App, committee: CommitteeId) -> Result<Self> {
        let db = app.db.read();
        let groups = group::Entity::of(committee).all(db).await?;
        let sectors = sector::Entity::of(committee).all(db).await?;
        let special = special_committee::Entity::of(committee).all(db).await?;
        Ok(Self {
            groups: groups.into_iter().map(|row| (row.id, row)).collect(),
            sectors: sectors.into_iter().map(|row| (row.id, row.name)).collect(),
            special_committees: special.into_iter().map(|row| (row.id, row.name)).collect(),
        })
    }

    /// A member as rules look at him.
    pub fn person(&self, member: &member::Model) -> Person {
        let group = self.groups.get(&member.group_id);
        let special = group
            .and_then(|group| group.special_committee_id)
            .and_then(|id| self.special_committees.get(&id));
        let words = [
            ("position", Some(member.position.as_str())),
            (
                "sector",
                self.sectors.get(&member.sector_id).map(String::as_str),
            ),
            ("group", group.map(|group| group.name.as_str())),
            ("special_committee", special.map(String::as_str)),
        ];
        let traits: Vec<(&str, &str)> = words
            .into_iter()
            .filter_map(|(name, word)| Some((name, word?)))
            .collect();
        Person {
            joined_on: Some(member.joined_on),
            left_on: member.left_on,
            ..Person::new(Subject::Member(member.id), &traits)
        }
    }

    /// A group as rules look at it.
    pub fn group(&self, id: GroupId) -> Option<Person> {
        let group = self.groups.get(&id)?;
        let special = group
            .special_committee_id
            .and_then(|id| self.special_committees.get(&id));
        let words = [
            ("group", Some(group.name.as_str())),
            ("special_committee", special.map(String::as_str)),
        ];
        let traits: Vec<(&str, &str)> = words
            .into_iter()
            .filter_map(|(name, word)| Some((name, word?)))
            .collect();
        Some(Person::new(Subject::Group(id), &traits))
    }

    /// The groups in the order of lists.
    pub fn in_order(&self) -> Vec<&group::Model> {
        let mut groups: Vec<&group::Model> = self.groups.values().collect();
        groups.sort_by_key(|group| (group.ordinal, group.id));
        groups
    }

    /// The place of a group in lists.
    pub(super) fn ordinal(&self, group: GroupId) -> Option<i32> {
        self.groups.get(&group).map(|row| row.ordinal)
    }
}
