//! Whom the names in a list name, in the committee as it is. Nothing is guessed.

use chrono::NaiveDate;
use domain::authority::{Reach, Scope};
use domain::ids::{GroupId, MemberId};
use domain::score::{Kind, Subject};
use entity::{duty_record, group, member, term};

use super::rows::Read;
use crate::spreadsheet::Issue;

/// The committee as it is when the plan is made.
#[derive(Debug)]
pub(super) struct State {
    pub kind: Kind,
    /// The heading over who signed first.
    pub first: String,
    pub terms: Vec<term::Model>,
    pub members: Vec<member::Model>,
    pub groups: Vec<group::Model>,
    /// The records of the kind, and those of kinds that are converted to it or that it is
    /// converted to.
    pub records: Vec<duty_record::Model>,
    /// How far the clerk reaches.
    pub reach: Reach,
    pub today: NaiveDate,
}

/// A row with those whom it names.
#[derive(Debug)]
pub(super) struct Named {
    pub read: Read,
    /// By place; empty where somebody is not known.
    pub who: Vec<(Option<MemberId>, GroupId)>,
}

impl Named {
    /// Whom the rows are about.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        let subject = |(member, group): &(Option<MemberId>, GroupId)| {
            member.map_or(Subject::Group(*group), Subject::Member)
        };
        self.who.iter().map(subject)
    }
}

impl State {
    /// Whom a row names; what is wrong with the names is added to `errors`.
    pub fn name(&self, read: Read, errors: &mut Vec<Issue>) -> Named {
        let mut who = Vec::new();
        if self.today < read.day {
            errors.push(Issue::new("日期", "in_future", "日期不能晚于今天"));
        }
        let own = self.groups.iter().find(|group| group.name == read.first);
        match own {
            Some(group) => {
                if !read.signers.is_empty() {
                    let message = "活动组的集体事项没有联名人";
                    errors.push(Issue::new("联名人", "not_with_group", message));
                }
                who.push((None, group.id));
            }
            None => who.extend(self.member(&read.first, &self.first, read.day, errors)),
        }
        for name in &read.signers {
            let found = self.member(name, "联名人", read.day, errors);
            if let Some(found) = found {
                if who.contains(&found) {
                    let message = format!("“{name}”重复署名");
                    errors.push(Issue::new("联名人", "duplicate", message));
                }
                who.push(found);
            }
        }
        for (member, group) in &who {
            let scope = Scope {
                groups: vec![*group],
                member: *member,
            };
            if !self.reach.covers(&scope) {
                let message = "有不归您负责的活动组的委员，请由办公室导入";
                errors.push(Issue::new("", "out_of_reach", message));
                break;
            }
        }
        if !errors.is_empty() {
            who.clear();
        }
        Named { read, who }
    }

    fn member(
        &self,
        written: &str,
        column: &str,
        day: NaiveDate,
        errors: &mut Vec<Issue>,
    ) -> Option<(Option<MemberId>, GroupId)> {
        let (name, of) = split_name(written);
        let in_term = |member: &&member::Model| {
            let term = self.terms.iter().find(|term| term.id == member.term_id);
            term.is_some_and(|term| (term.starts_on..=term.ends_on).contains(&day))
        };
        let in_group =
            |member: &&member::Model| of.is_none_or(|of| self.group_name(member.group_id) == of);
        let found: Vec<&member::Model> = self
            .members
            .iter()
            .filter(|member| plain(&member.name) == name)
            .filter(in_term)
            .filter(in_group)
            .collect();
        match found.as_slice() {
            [one] => Some((Some(one.id), one.group_id)),
            [] => {
                let shown = domain::table::shown(written);
                let message = format!("该日期所在的届次没有委员“{shown}”");
                errors.push(Issue::new(column, "unknown_member", message));
                None
            }
            several => {
                let each = several.iter().map(|member| {
                    format!("{}（{}）", member.name, self.group_name(member.group_id))
                });
                let names: Vec<String> = each.collect();
                let message = format!("有同名委员，请写明活动组：{}", names.join("、"));
                errors.push(Issue::new(column, "ambiguous_member", message));
                None
            }
        }
    }

    fn group_name(&self, id: GroupId) -> &str {
        let group = self.groups.iter().find(|group| group.id == id);
        group.map_or("", |group| group.name.as_str())
    }
}

/// A name and the group that is written behind it: 张三（第一活动组）.
fn split_name(written: &str) -> (String, Option<&str>) {
    let Some((name, rest)) = written.split_once(['（', '(']) else {
        return (plain(written), None);
    };
    let group = rest.trim_end_matches(['）', ')']).trim();
    (plain(name), Some(group))
}

/// A name without the blanks that stand in it: 张　三.
fn plain(name: &str) -> String {
    name.chars().filter(|char| !char.is_whitespace()).collect()
}
