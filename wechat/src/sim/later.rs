//! What is to happen at a later time of the simulator's clock: the end of a review, the verdict on
//! a picture. It happens when somebody looks at the world at or after that time.

use chrono::{DateTime, Utc};

use super::event::Event;
use super::record::Shown;
use super::state::World;

/// Something still to come.
pub(super) enum Later {
    /// A template message leaves its review.
    Reviewed { shown: Box<Shown>, blocked: bool },
    /// Somebody is told something.
    Push {
        app_id: String,
        person: String,
        event: Event,
    },
}

/// A template message that was not delivered after its review.
pub(super) struct Blocked {
    pub app_id: String,
    pub template_id: String,
    pub msgid: i64,
    pub title: String,
    pub content: String,
    pub sent_at: DateTime<Utc>,
    pub openid: String,
}

impl World {
    /// Lets something happen later.
    pub fn schedule(&mut self, at: DateTime<Utc>, later: Later) {
        let place = self.later.partition_point(|(other, _)| *other <= at);
        self.later.insert(place, (at, later));
    }

    /// Lets happen whatever is due, in its order.
    pub fn settle(&mut self) {
        let now = self.now();
        let due = self.later.partition_point(|(at, _)| *at <= now);
        let due: Vec<Later> = self.later.drain(..due).map(|(_, later)| later).collect();
        for later in due {
            match later {
                Later::Reviewed { shown, blocked } => self.finish_review(*shown, blocked),
                Later::Push {
                    app_id,
                    person,
                    event,
                } => self.push(&app_id, &person, &event),
            }
        }
    }
}
