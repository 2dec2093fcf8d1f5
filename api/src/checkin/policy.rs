//! What an activity asks of who comes and of who goes, in the words of the rule.

use chrono::TimeDelta;
use domain::checkin::{Place, Policy, SessionWindow, Window};
use domain::session::Sessions;
use entity::{activity, checkin, committee};

use super::code::CHECK_OUT;

/// When the sessions of an activity take check-ins.
pub fn check_in_windows(sessions: &Sessions) -> Vec<SessionWindow> {
    sessions
        .numbered()
        .map(|(ordinal, session)| SessionWindow {
            session: ordinal,
            window: Window {
                opens_at: session.opens_at,
                closes_at: session.closes_at,
            },
            late_after: session.late_after,
        })
        .collect()
}

/// What checking in to `activity` asks.
pub fn check_in_policy(
    activity: &activity::Model,
    windows: Vec<SessionWindow>,
    committee: &committee::Model,
) -> Policy {
    let place = match (activity.latitude, activity.longitude, activity.radius_m) {
        (Some(latitude), Some(longitude), Some(radius_m)) => Some(Place {
            latitude,
            longitude,
            radius_m: f64::from(radius_m),
        }),
        _ => None,
    };
    Policy {
        windows,
        offline_delay: TimeDelta::hours(i64::from(committee.offline_hours)),
        place,
    }
}

/// What checking out asks of who made these check-ins: a genuine code and no place, for who came
/// was there already.
///
/// Each session he checked in to can be left from its start until two hours after its end, or
/// until the next one he checked in to begins; the others are nothing he could leave.
pub fn check_out_policy(
    sessions: &Sessions,
    came: &[checkin::Model],
    committee: &committee::Model,
) -> Policy {
    let mut windows: Vec<SessionWindow> = Vec::new();
    for (ordinal, session) in sessions.numbered() {
        if came.iter().all(|checkin| checkin.session != ordinal) {
            continue;
        }
        if let Some(ahead) = windows.last_mut() {
            ahead.window.closes_at = ahead.window.closes_at.min(session.starts_at);
        }
        windows.push(SessionWindow {
            session: ordinal,
            window: Window {
                opens_at: session.starts_at,
                closes_at: session.ends_at + CHECK_OUT,
            },
            late_after: session.ends_at,
        });
    }
    Policy {
        windows,
        offline_delay: TimeDelta::hours(i64::from(committee.offline_hours)),
        place: None,
    }
}
