//! Computing what is reported. Scores come from [`score::service`], never from a second way.

use std::collections::BTreeMap;

use domain::points::Points;
use domain::score::{Period, Share};
use serde_json::json;

use super::workbook::{self, Row};
use crate::access::{Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::{ApiError, Result};
use crate::score;
use crate::score::service::{Assessed, Filter};
use crate::sheet::Watermark;

/// The Excel file of the scores of a period. That it was taken out is in the audit log before
/// anybody has it.
pub async fn scores_workbook(
    app: &App,
    permit: &Permit<op::ScoresExport>,
    period: Period,
) -> Result<Vec<u8>> {
    let caller = &permit.caller;
    let now = app.clock.now();
    app.cache
        .take(limits::EXPORT, &caller.account_id().to_string(), now)
        .await?;
    let filter = Filter::within(permit.reach.clone());
    let assessed = score::service::sheets(app, permit.committee(), period, &filter).await?;
    let rows: Vec<Row> = assessed.into_iter().map(row).collect();
    let count = rows.len();
    let rulebook = score::service::in_force(app).rulebook().clone();
    let (key, version) = (rulebook.key.clone(), rulebook.version);
    let watermark = Watermark {
        name: caller.account().display_name.clone(),
        at: now,
    };
    let packed =
        tokio::task::spawn_blocking(move || workbook::scores(&rulebook, period, &rows, watermark));
    let bytes = packed.await.map_err(ApiError::internal)??;
    permit
        .write(app, async |write| {
            write.about("scores", period);
            write.detail(
                json!({ "format": "xlsx", "members": count, "rulebook": key, "version": version }),
            );
            Ok(())
        })
        .await?;
    Ok(bytes)
}

fn row(one: Assessed) -> Row {
    Row {
        name: one.member.name,
        sector: one.sector,
        group: one.group,
        position: one.member.position,
        sheet: one.sheet,
    }
}

/// The figures of some members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many members.
    pub members: u32,
    /// To how many activities they were invited, counted for each member.
    pub invited: u32,
    /// How many of these they attended.
    pub attended: u32,
    /// How much of what they could attend they attended.
    pub attendance_share: Option<Share>,
    /// Their points, all together.
    pub total: Points,
}

impl Figures {
    /// The average, half up at the second decimal; none of nobody.
    pub fn average(&self) -> Option<Points> {
        let members = i64::from(self.members);
        (0 < members).then(|| {
            Points::from_hundredths((self.total.hundredths() * 2 + members).div_euclid(members * 2))
        })
    }

    fn add(&mut self, one: &Assessed) {
        let sheet = &one.sheet;
        self.members += 1;
        self.invited += sheet.attendance.invited;
        self.attended += sheet.attendance.attended;
        self.total = self.total + sheet.total;
        if let Some(share) = sheet.attendance_share {
            let sum = self
                .attendance_share
                .get_or_insert(Share { attended: 0, of: 0 });
            sum.attended += share.attended;
            sum.of += share.of;
        }
    }
}

/// Figures with the id and the name of what they are of.
pub type Named<Id> = Vec<(Id, String, Figures)>;

/// The figures of a period.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Of everybody within reach.
    pub all: Figures,
    /// Of each group, in the order of groups.
    pub groups: Named<domain::ids::GroupId>,
    /// Of each sector, by name.
    pub sectors: Named<domain::ids::SectorId>,
}

/// The figures of a period by group and by sector, of the members within reach.
pub async fn statistics(
    app: &App,
    permit: &Permit<op::ScoreList>,
    period: Period,
) -> Result<Statistics> {
    let filter = Filter::within(permit.reach.clone());
    let assessed = score::service::sheets(app, permit.committee(), period, &filter).await?;
    let mut all = Figures::default();
    let mut groups: Named<_> = Vec::new();
    let mut sectors = BTreeMap::new();
    for one in &assessed {
        all.add(one);
        // Sheets come in the order of groups, so the group of this one is the last or a new one.
        let group = one.member.group_id;
        if groups.last().is_none_or(|(id, ..)| *id != group) {
            groups.push((group, one.group.clone(), Figures::default()));
        }
        if let Some((.., figures)) = groups.last_mut() {
            figures.add(one);
        }
        let key = (one.sector.clone(), one.member.sector_id);
        sectors.entry(key).or_insert_with(Figures::default).add(one);
    }
    let sectors = sectors
        .into_iter()
        .map(|((name, id), figures)| (id, name, figures))
        .collect();
    Ok(Statistics {
        all,
        groups,
        sectors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_is_rounded_half_up_at_the_second_decimal() {
        let average = |hundredths, members| {
            let figures = Figures {
                members,
                total: Points::from_hundredths(hundredths),
                ..Figures::default()
            };
            figures.average().map(|points| points.to_string())
        };
        assert_eq!(average(10_000, 3).as_deref(), Some("33.33"));
        assert_eq!(average(1, 2).as_deref(), Some("0.01"));
        assert_eq!(average(0, 0), None);
    }
}
