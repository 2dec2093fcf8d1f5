//! What an activity asks of who comes and of who goes, in the words of the rule.

use chrono::TimeDelta;
use domain::checkin::{Place, Policy, Window};
use entity::{activity, committee};

use super::code::CHECK_OUT;

/// What checking in to `activity` asks.
pub fn check_in_policy(activity: &activity::Model, committee: &committee::Model) -> Policy {
    let place = match (activity.latitude, activity.longitude, activity.radius_m) {
        (Some(latitude), Some(longitude), Some(radius_m)) => Some(Place {
            latitude,
            longitude,
            radius_m: f64::from(radius_m),
        }),
        _ => None,
    };
    Policy {
        window: Window {
            opens_at: activity.opens_at,
            closes_at: activity.closes_at,
        },
        late_after: activity.late_after,
        offline_delay: TimeDelta::hours(i64::from(committee.offline_hours)),
        place,
    }
}

/// What checking out asks: going asks for a genuine code and for no place: who came was there already.
pub fn check_out_policy(activity: &activity::Model, committee: &committee::Model) -> Policy {
    Policy {
        window: Window {
            opens_at: activity.starts_at,
            closes_at: activity.ends_at + CHECK_OUT,
        },
        late_after: activity.ends_at,
        place: None,
        ..check_in_policy(activity, committee)
    }
}
