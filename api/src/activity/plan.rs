//! What the author of an activity writes, and what of it must fit together.

use domain::activity::{ActivityKind, ActivityMode};
use entity::activity;
use sea_orm::Set;

use super::times::Times;
use crate::error::Result;
use crate::extract::Fields;

/// Where members must be to check in; all of it or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// GCJ-02 degrees north.
    pub latitude: Option<f64>,
    /// GCJ-02 degrees east.
    pub longitude: Option<f64>,
    /// How far from the point still counts as there.
    pub radius_m: Option<i32>,
}

impl Point {
    /// The point of an activity as it stands.
    pub fn of(row: &activity::Model) -> Self {
        Self {
            latitude: row.latitude,
            longitude: row.longitude,
            radius_m: row.radius_m,
        }
    }

    /// Whether the activity asks for a place at all.
    pub fn is_asked(&self) -> bool {
        self.latitude.is_some() || self.longitude.is_some() || self.radius_m.is_some()
    }

    /// Says what is missing or off the map.
    pub fn check(&self, fields: &mut Fields) {
        if !self.is_asked() {
            return;
        }
        let missing = "纬度、经度和签到半径须同时填写";
        match self.latitude {
            Some(degrees) => fields.check(
                (-90.0..=90.0).contains(&degrees),
                "/latitude",
                "out_of_range",
                "纬度应在 -90 到 90 之间",
            ),
            None => fields.wrong("/latitude", "required", missing),
        }
        match self.longitude {
            Some(degrees) => fields.check(
                (-180.0..=180.0).contains(&degrees),
                "/longitude",
                "out_of_range",
                "经度应在 -180 到 180 之间",
            ),
            None => fields.wrong("/longitude", "required", missing),
        }
        match self.radius_m {
            Some(metres) => fields.check(
                (10..=5000).contains(&metres),
                "/radius_m",
                "out_of_range",
                "签到半径应在 10 到 5000 米之间",
            ),
            None => fields.wrong("/radius_m", "required", missing),
        }
    }

    /// Writes it into a row.
    pub fn fill(&self, row: &mut activity::ActiveModel) {
        row.latitude = Set(self.latitude);
        row.longitude = Set(self.longitude);
        row.radius_m = Set(self.radius_m);
    }
}

/// Everything the author writes but who is invited.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is.
    pub kind: ActivityKind,
    /// Under which mode it is planned.
    pub mode: ActivityMode,
    /// Title.
    pub title: String,
    /// Agenda and what to bring.
    pub content: String,
    /// Where, in words.
    pub venue: String,
    /// Where, on the map.
    pub point: Point,
    /// When.
    pub times: Times,
    /// Below this share of the time a member counts as absent.
    pub min_share_percent: Option<i32>,
}

impl Plan {
    /// The plan of an activity as it stands.
    pub fn of(row: &activity::Model) -> Result<Self> {
        Ok(Self {
            kind: row.kind,
            mode: row.mode,
            title: row.title.clone(),
            content: row.content.clone(),
            venue: row.venue.clone(),
            point: Point::of(row),
            times: Times::of(row)?,
            min_share_percent: row.min_share_percent,
        })
    }

    /// The plan with its texts as they are stored.
    ///
    /// # Errors
    /// `validation_failed` with everything that does not fit.
    pub fn checked(mut self) -> Result<Self> {
        let mut fields = Fields::default();
        self.title = fields.line("/title", &self.title, 100);
        self.content = fields.paragraph("/content", &self.content, 5000);
        self.venue = fields.line("/venue", &self.venue, 100);
        self.point.check(&mut fields);
        self.times.check(&mut fields);
        let share_fits = self
            .min_share_percent
            .is_none_or(|percent| (1..=100).contains(&percent));
        fields.check(
            share_fits,
            "/min_share_percent",
            "out_of_range",
            "出席时长比例应在 1 到 100 之间",
        );
        fields.finish()?;
        Ok(self)
    }

    /// Writes it into a row.
    pub fn fill(self, row: &mut activity::ActiveModel) {
        self.point.fill(row);
        self.times.fill(row);
        row.kind = Set(self.kind);
        row.mode = Set(self.mode);
        row.title = Set(self.title);
        row.content = Set(self.content);
        row.venue = Set(self.venue);
        row.min_share_percent = Set(self.min_share_percent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_place_is_none() {
        let wrong = |latitude, longitude, radius_m| {
            let mut fields = Fields::default();
            Point {
                latitude,
                longitude,
                radius_m,
            }
            .check(&mut fields);
            fields
                .finish()
                .err()
                .map_or(0, |refusal| refusal.errors.len())
        };
        assert_eq!(wrong(None, None, None), 0);
        assert_eq!(wrong(Some(37.07), Some(114.48), Some(200)), 0);
        assert_eq!(wrong(Some(37.07), None, None), 2);
        assert_eq!(wrong(None, None, Some(200)), 2);
        assert_eq!(wrong(Some(f64::NAN), Some(180.1), Some(9)), 3);
    }
}
