//! The figures of a period: of everybody within reach and of every part of them, with what an
//! annual work report quotes. What was held and done is counted in [`super::works`].
//!
//! The number of queries is fixed, however many members there are.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::authority::Reach;
use domain::ids::{CommitteeId, MemberId};
use domain::people::{AgeBand, Position};
use domain::points::Points;
use domain::score::{Period, Share, SubjectKind};
use entity::{Scoped, group, sector, special_committee};
use sea_orm::QueryOrder;

use super::works::{self, Activities, Works};
use crate::app::App;
use crate::error::Result;
use crate::score;
use crate::score::service::{Assessed, Filter};

/// The figures of some members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many members.
    pub members: u32,
    /// To how many activities they were invited, counted for each member.
    pub invited: u32,
    /// How many of these they attended.
    pub attended: u32,
    /// How much of what they could attend they attended.
    pub attendance_share: Option<Share>,
    /// How many of them have no verified duty record.
    pub without_duty: u32,
    /// Their totals.
    totals: Vec<Points>,
}

impl Figures {
    /// The average, half up at the second decimal; none of nobody.
    pub fn average(&self) -> Option<Points> {
        let count = i64::try_from(self.totals.len()).ok().filter(|n| 0 < *n)?;
        let sum: i64 = self.totals.iter().map(|one| one.hundredths()).sum();
        Some(half_up(sum, count))
    }

    /// The median, of an even number the average of the two in the middle, half up at the second
    /// decimal; none of nobody.
    pub fn median(&self) -> Option<Points> {
        let mut sorted: Vec<i64> = self.totals.iter().map(|one| one.hundredths()).collect();
        sorted.sort_unstable();
        let upper = sorted.len() / 2;
        let lower = upper
            .checked_sub(1)
            .filter(|_| sorted.len().is_multiple_of(2));
        let upper = *sorted.get(upper)?;
        Some(match lower {
            Some(lower) => half_up(sorted[lower] + upper, 2),
            None => Points::from_hundredths(upper),
        })
    }

    fn add(&mut self, one: &Assessed, has_duty: bool) {
        let sheet = &one.sheet;
        self.members += 1;
        self.invited += sheet.attendance.invited;
        self.attended += sheet.attendance.attended;
        self.without_duty += u32::from(!has_duty);
        self.totals.push(sheet.total);
        if let Some(share) = sheet.attendance_share {
            let sum = self
                .attendance_share
                .get_or_insert(Share { attended: 0, of: 0 });
            sum.attended += share.attended;
            sum.of += share.of;
        }
    }
}

fn half_up(hundredths: i64, of: i64) -> Points {
    Points::from_hundredths((hundredths * 2 + of).div_euclid(of * 2))
}

/// The figures of a part of the members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The id of the group, sector or special committee, where there still is one of that name;
    /// the word of a position or age band.
    pub id: Option<String>,
    /// Its name, of a closed period the one it had.
    pub name: String,
    /// Its figures.
    pub figures: Figures,
}

/// A member without any verified duty record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Who.
    pub member: MemberId,
    /// His name.
    pub name: String,
    /// The name of his group.
    pub group: String,
}

/// The figures of a period.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// The period.
    pub period: Period,
    /// Whether it is closed and these are the frozen results.
    pub closed: bool,
    /// Of everybody within reach.
    pub all: Figures,
    /// Of each group, in the order of groups.
    pub groups: Vec<Part>,
    /// Of each sector.
    pub sectors: Vec<Part>,
    /// Of the groups that each special committee serves.
    pub special_committees: Vec<Part>,
    /// Of each position.
    pub positions: Vec<Part>,
    /// Of each age band on the last day of the period, and of those whose day of birth is not known;
    /// none where nobody's is, and for who does not see the whole committee: in a small group a
    /// band would tell how old somebody is.
    pub age_bands: Vec<Part>,
    /// How many members have each grade, the best first; the last without a grade.
    pub grades: Vec<(Option<String>, u32)>,
    /// Who has no verified duty record.
    pub idle: Vec<Idle>,
    /// What was held.
    pub activities: Activities,
    /// What was done outside activities.
    pub works: Works,
    /// The moment up to which everything is counted.
    pub as_of: DateTime<Utc>,
}

/// The figures of a period, of the members, activities and duty records within reach; from the
/// replica, where there is one.
pub async fn of(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    period: Period,
) -> Result<Statistics> {
    let now = app.clock.now();
    let (figures, behind) = app.db.report(counted(app, committee, reach, period)).await;
    Ok(Statistics {
        as_of: now - behind.unwrap_or_default(),
        ..figures?
    })
}

async fn counted(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    period: Period,
) -> Result<Statistics> {
    let filter = Filter::within(reach.clone());
    let assessed = score::service::sheets(app, committee, period, &filter).await?;
    let scheme = score::service::scheme_of(app, committee, period).await?;
    let works = works::of(app, committee, reach, period, scheme.vocabulary()).await?;
    let activities = works::activities(app, committee, reach, period).await?;
    let names = Names::load(app, committee).await?;
    let mut all = Figures::default();
    let mut idle = Vec::new();
    for one in &assessed {
        let busy = works.members.contains(&one.member.id);
        all.add(one, busy);
        if !busy {
            idle.push(Idle {
                member: one.member.id,
                name: one.member.name.clone(),
                group: one.group.clone(),
            });
        }
    }
    let by = |trait_: &str| by_trait(&assessed, &works.members, trait_);
    let titles = scheme.grades(SubjectKind::Member);
    let titles = titles.into_iter().map(|grade| grade.title.as_str());
    Ok(Statistics {
        period,
        closed: assessed.iter().any(|one| one.frozen.is_some()),
        groups: in_order(by("group"), &names.groups, "未分组"),
        sectors: in_order(by("sector"), &names.sectors, "未分界别"),
        special_committees: in_order(
            by("special_committee"),
            &names.special_committees,
            "无对口专委会",
        ),
        positions: positions(by("position")),
        age_bands: if reach.committee {
            age_bands(app, &assessed, &works.members, period)?
        } else {
            Vec::new()
        },
        grades: grades(&assessed, titles),
        all,
        idle,
        activities,
        works,
        as_of: app.clock.now(),
    })
}

/// The names of what members are sorted into, in the order of lists, with their ids.
struct Names {
    groups: Vec<(String, String)>,
    sectors: Vec<(String, String)>,
    special_committees: Vec<(String, String)>,
}

impl Names {
    async fn load(app: &App, committee: CommitteeId) -> Result<Self> {
        let db = app.db.read();
        let groups = group::Entity::of(committee)
            .order_by_asc(group::Column::Ordinal)
            .order_by_asc(group::Column::Id)
            .all(db)
            .await?;
        let sectors = sector::Entity::of(committee)
            .order_by_asc(sector::Column::Name)
            .all(db)
            .await?;
        let special = special_committee::Entity::of(committee)
            .order_by_asc(special_committee::Column::Ordinal)
            .order_by_asc(special_committee::Column::Id)
            .all(db)
            .await?;
        Ok(Self {
            groups: groups
                .into_iter()
                .map(|row| (row.name, row.id.to_string()))
                .collect(),
            sectors: sectors
                .into_iter()
                .map(|row| (row.name, row.id.to_string()))
                .collect(),
            special_committees: special
                .into_iter()
                .map(|row| (row.name, row.id.to_string()))
                .collect(),
        })
    }
}

/// The figures by one trait of the members; those who lack it under no name.
fn by_trait(
    assessed: &[Assessed],
    busy: &HashSet<MemberId>,
    name: &str,
) -> BTreeMap<Option<String>, Figures> {
    let mut parts: BTreeMap<Option<String>, Figures> = BTreeMap::new();
    for one in assessed {
        let word = one.person.word(name).map(str::to_owned);
        let figures = parts.entry(word).or_default();
        figures.add(one, busy.contains(&one.member.id));
    }
    parts
}

/// The parts in the order of lists, then those whose name nobody has any more, then the rest.
fn in_order(
    mut parts: BTreeMap<Option<String>, Figures>,
    names: &[(String, String)],
    rest: &str,
) -> Vec<Part> {
    let mut ordered: Vec<Part> = names
        .iter()
        .filter_map(|(name, id)| {
            let (name, figures) = parts.remove_entry(&Some(name.clone()))?;
            Some(Part {
                id: Some(id.clone()),
                name: name?,
                figures,
            })
        })
        .collect();
    let none = parts.remove(&None);
    let renamed = parts.into_iter().filter_map(|(name, figures)| {
        Some(Part {
            id: None,
            name: name?,
            figures,
        })
    });
    ordered.extend(renamed);
    ordered.extend(none.map(|figures| Part {
        id: None,
        name: rest.to_owned(),
        figures,
    }));
    ordered
}

fn positions(mut parts: BTreeMap<Option<String>, Figures>) -> Vec<Part> {
    let all = Position::ALL.iter();
    all.filter_map(|position| {
        let figures = parts.remove(&Some(position.as_str().to_owned()))?;
        Some(Part {
            id: Some(position.as_str().to_owned()),
            name: position.zh().to_owned(),
            figures,
        })
    })
    .collect()
}

fn age_bands(
    app: &App,
    assessed: &[Assessed],
    busy: &HashSet<MemberId>,
    period: Period,
) -> Result<Vec<Part>> {
    let mut bands: BTreeMap<AgeBand, Figures> = BTreeMap::new();
    let mut unknown = Figures::default();
    for one in assessed {
        let born_on = app.vault.open_day(one.member.born_on_cipher.as_deref())?;
        let band = born_on.and_then(|born_on| AgeBand::of(born_on, period.last));
        let figures = match band {
            Some(band) => bands.entry(band).or_default(),
            None => &mut unknown,
        };
        figures.add(one, busy.contains(&one.member.id));
    }
    if bands.is_empty() {
        return Ok(Vec::new());
    }
    let mut parts: Vec<Part> = bands
        .into_iter()
        .map(|(band, figures)| Part {
            id: Some(band.as_str().to_owned()),
            name: band.zh().to_owned(),
            figures,
        })
        .collect();
    if 0 < unknown.members {
        parts.push(Part {
            id: None,
            name: "出生日期未登记".to_owned(),
            figures: unknown,
        });
    }
    Ok(parts)
}

/// How many have each grade; those of the rulebook in its order, also where nobody has one.
fn grades<'a>(
    assessed: &'a [Assessed],
    titles: impl Iterator<Item = &'a str>,
) -> Vec<(Option<String>, u32)> {
    let mut counts: HashMap<Option<&'a str>, u32> = HashMap::new();
    for one in assessed {
        *counts.entry(one.sheet.grade.as_deref()).or_default() += 1;
    }
    let mut grades: Vec<(Option<String>, u32)> = titles
        .map(|title| {
            let count = counts.remove(&Some(title)).unwrap_or(0);
            (Some(title.to_owned()), count)
        })
        .collect();
    let mut others: Vec<_> = counts.into_iter().collect();
    // Whatever a rulebook does not list comes by name, and nothing last.
    others.sort_by_key(|(title, _)| (title.is_none(), title.map(str::to_owned)));
    grades.extend(
        others
            .into_iter()
            .map(|(title, count)| (title.map(str::to_owned), count)),
    );
    grades
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(hundredths: &[i64]) -> Figures {
        Figures {
            totals: hundredths
                .iter()
                .map(|&n| Points::from_hundredths(n))
                .collect(),
            ..Figures::default()
        }
    }

    #[test]
    fn an_average_is_rounded_half_up_at_the_second_decimal() {
        let average = |totals: &[i64]| figures(totals).average().map(|points| points.to_string());
        assert_eq!(average(&[5_000, 3_000, 2_000]).as_deref(), Some("33.33"));
        assert_eq!(average(&[0, 1]).as_deref(), Some("0.01"));
        assert_eq!(average(&[]), None);
    }

    #[test]
    fn a_median_is_the_middle_or_between_the_two_of_it() {
        let median = |totals: &[i64]| figures(totals).median().map(|points| points.to_string());
        assert_eq!(median(&[900, 100, 300]).as_deref(), Some("3"));
        assert_eq!(median(&[900, 100, 301, 300]).as_deref(), Some("3.01"));
        assert_eq!(median(&[700]).as_deref(), Some("7"));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn parts_come_in_the_order_of_lists() {
        let parts = [Some("乙"), None, Some("旧"), Some("甲")];
        let parts = parts.map(|name| (name.map(str::to_owned), Figures::default()));
        let names = [("甲", "1"), ("丙", "2"), ("乙", "3")];
        let names = names.map(|(name, id)| (name.to_owned(), id.to_owned()));

        let ordered = in_order(parts.into(), &names, "未分组");

        let ordered: Vec<_> = ordered
            .iter()
            .map(|part| (part.name.as_str(), part.id.as_deref()))
            .collect();
        let expected = [
            ("甲", Some("1")),
            ("乙", Some("3")),
            ("旧", None),
            ("未分组", None),
        ];
        assert_eq!(ordered, expected);
    }
}
