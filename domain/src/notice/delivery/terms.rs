//! What is asked of a message on its way and what it answers: how long it may take, what came of a
//! claim, what WeChat said.

use chrono::{DateTime, TimeDelta, Utc};

use crate::notice::pause::Stop;
use crate::notice::{Channel, DeliveryState};

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long a worker has a claimed row; it sends nothing after that.
    pub lease: TimeDelta,
    /// How long after its first try a doubtful template message is tried again. WeChat knows its
    /// `client_msg_id` for ten minutes, and a claim may be carried out until its lease ends.
    pub repeat: TimeDelta,
    /// How long WeChat has to report on a template message.
    pub report: TimeDelta,
    /// The same for what WeChat reports only when it fails.
    pub report_failure: TimeDelta,
    /// How long a message waits at most to be sent.
    pub life: TimeDelta,
}

impl Policy {
    /// What WeChat's promises allow.
    pub const WECHAT: Self = Self {
        lease: TimeDelta::seconds(60),
        repeat: TimeDelta::minutes(8),
        report: TimeDelta::hours(24),
        report_failure: TimeDelta::hours(1),
        life: TimeDelta::hours(24),
    };

    /// Only template messages carry an id by which WeChat knows them again.
    pub(super) const fn repeat_of(&self, channel: Channel) -> TimeDelta {
        match channel {
            Channel::OfficialAccount => self.repeat,
            _ => TimeDelta::zero(),
        }
    }

    pub(super) const fn report_of(&self, channel: Channel) -> TimeDelta {
        match channel {
            Channel::OfficialAccount => self.report,
            _ => self.report_failure,
        }
    }
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is to be sent, under this number.
    Send(i64),
    /// Not now; look again at this time, if it is known.
    Wait(Option<DateTime<Utc>>),
    /// It came to its end instead.
    Settled(DeliveryState),
    /// There is nothing to send.
    Nothing,
}

/// Whether the account and the template may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They may.
    Open,
    /// Not before this, or not before somebody says so.
    Paused(Option<DateTime<Utc>>),
}

/// What WeChat's answer to a send means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// WeChat took it, and names it unless it knew it already. What it reviews first (40252) it
    /// delivers afterwards itself: such a message is never sent again.
    Taken(Option<i64>),
    /// It may have been sent.
    Lost,
    /// It certainly was not sent, and may be tried again.
    NotSent,
    /// It was not sent because another message to the same person was just being sent (43108).
    Serialise,
    /// It was not sent, and nothing like it can be for a time.
    Stopped(Stop),
    /// WeChat knows no such recipient (40003), which it says of some who are there: whether he
    /// follows, if that could be found out.
    NoRecipient(Option<bool>),
    /// This recipient is not reached this way, for this reason.
    Refused(String),
    /// This message is not sent this way, for this reason, whoever gets it.
    Unsendable(String),
}

/// What WeChat reports afterwards of a message it had taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It was delivered.
    Delivered,
    /// It was not, for this reason.
    Failed(&'static str),
}

/// Why a message is not begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAgain {
    /// It is still on its way.
    OnItsWay,
    /// It reached its recipient.
    Reached,
    /// It may have been sent at this time and could be seen twice: a person must say so.
    MayBeSeenTwice(DateTime<Utc>),
}
