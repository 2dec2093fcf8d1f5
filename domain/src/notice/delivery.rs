//! One telling of one member by one channel, from its first try to its end, whatever becomes of
//! the answers, the workers and the reports.
//!
//! Nothing here waits, asks or remembers: a row is claimed, what WeChat answered is put to it, and
//! it says where it stands. Which channel comes next and what is written down is left to the
//! caller. A claim has a number that only grows; an answer counts for the claim it was asked with,
//! so that a worker that froze does not undo what another found out. Only an acceptance is true
//! whoever hears it.

mod terms;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Channel, DeliveryState};

pub use terms::{Answer, Claim, NotAgain, Policy, Report, Way};

/// Nobody knows whether it was sent.
pub const AMBIGUOUS: &str = "ambiguous";
/// It waited until it was of no use any more.
pub const EXPIRED: &str = "expired";
/// WeChat took it and never said what became of it.
pub const UNCONFIRMED: &str = "unconfirmed";
/// The recipient does not follow the account.
pub const NOT_FOLLOWING: &str = "not_following";

/// One telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// By which way.
    pub channel: Channel,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it is there, as a stable word.
    pub reason: Option<String>,
    /// How often it was tried, apart from tries that a quota or a pause turned away.
    pub attempts: u32,
    /// The number of the last claim. It only grows.
    pub fence: i64,
    /// Not before this; at once if empty.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Until when a worker has it.
    pub lease_until: Option<DateTime<Utc>>,
    /// When the oldest try was made of those not known to have failed.
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// The first of those tries that may have been sent, if there is one.
    pub doubt_since: Option<DateTime<Utc>>,
    /// When WeChat took it.
    pub accepted_at: Option<DateTime<Utc>>,
    /// WeChat's id of the message.
    pub msg_id: Option<i64>,
    /// When it reached its final state.
    pub settled_at: Option<DateTime<Utc>>,
    /// After this it is not sent any more.
    pub expires_at: DateTime<Utc>,
    /// Why it is not to be sent any more, if somebody said so while it was on its way.
    pub withdrawn: Option<String>,
}

/// How often 40003 is believed only after a look at the followers.
const LOOKS: u32 = 3;
/// The longest pause between two tries of what was not sent.
const LONGEST: i64 = 600;
/// The same for what is in doubt, because its time is short.
const LONGEST_IN_DOUBT: i64 = 30;
/// How long somebody is left in peace whom two messages would have reached at once.
const IN_TURN: TimeDelta = TimeDelta::seconds(2);

impl Delivery {
    /// One that is not begun.
    pub fn new(channel: Channel, expires_at: DateTime<Utc>) -> Self {
        Self {
            channel,
            state: DeliveryState::Pending,
            reason: None,
            attempts: 0,
            fence: 0,
            next_attempt_at: None,
            lease_until: None,
            first_attempt_at: None,
            doubt_since: None,
            accepted_at: None,
            msg_id: None,
            settled_at: None,
            expires_at,
            withdrawn: None,
        }
    }

    /// Takes it for sending, and writes down the attempt before it is made.
    pub fn claim(&mut self, way: Way, now: DateTime<Utc>, policy: &Policy) -> Claim {
        if !matches!(self.state, DeliveryState::Pending | DeliveryState::Sending) {
            return Claim::Nothing;
        }
        if let Some(settled) = self.lapse(now, policy) {
            return Claim::Settled(settled);
        }
        let busy_until = self.lease_until.filter(|until| now < *until);
        let due_at = self.next_attempt_at.filter(|due| now < *due);
        if let Some(at) = busy_until.max(due_at) {
            return Claim::Wait(Some(at));
        }
        if let Way::Paused(until) = way {
            let until = until.map_or(self.expires_at, |until| until.min(self.expires_at));
            let given_up_at = self.doubt_since.map(|since| since + policy.repeat);
            return Claim::Wait(Some(given_up_at.map_or(until, |at| at.min(until))));
        }
        self.fence += 1;
        self.attempts += 1;
        self.state = DeliveryState::Sending;
        self.lease_until = Some(now + policy.lease);
        self.first_attempt_at.get_or_insert(now);
        Claim::Send(self.fence)
    }

    /// Whether the worker that holds this claim may still carry it out. To be asked at the last
    /// moment: a worker that froze since must not send what another sent meanwhile.
    pub fn may_send(&self, fence: i64, now: DateTime<Utc>) -> bool {
        self.fence == fence && self.lease_until.is_some_and(|until| now < until)
    }

    /// Ends it where its time is over: what is in doubt too long, what waited too long, what was
    /// taken and never reported on.
    pub fn lapse(&mut self, now: DateTime<Utc>, policy: &Policy) -> Option<DeliveryState> {
        match self.state {
            DeliveryState::Accepted => {
                let taken_at = self.accepted_at.or(self.first_attempt_at);
                let over =
                    taken_at.is_none_or(|taken| taken + policy.report_of(self.channel) <= now);
                return over.then(|| {
                    self.settle(DeliveryState::Delivered, Some(UNCONFIRMED.to_owned()), now)
                });
            }
            DeliveryState::Pending | DeliveryState::Sending => {}
            _ => return None,
        }
        if self.lease_until.is_some_and(|until| now < until) {
            return None;
        }
        // Who is found in `sending` was left there by a worker that died.
        if self.state == DeliveryState::Sending && self.doubt_since.is_none() {
            self.doubt_since = self.first_attempt_at.or(Some(now));
        }
        let useless = self.withdrawn.is_some() || self.expires_at <= now;
        match self.doubt_since {
            Some(since) if useless || since + policy.repeat_of(self.channel) <= now => {
                Some(self.settle(DeliveryState::Unknown, Some(AMBIGUOUS.to_owned()), now))
            }
            Some(_) => None,
            None => self.useless(now),
        }
    }

    /// Puts WeChat's answer to the claim of this number to it; tells the state it came to, or
    /// `None` when the answer counts no more.
    pub fn answered(
        &mut self,
        fence: i64,
        answer: &Answer,
        now: DateTime<Utc>,
        policy: &Policy,
    ) -> Option<DeliveryState> {
        if let Answer::Taken(msg_id) = answer {
            return self.taken(*msg_id, now);
        }
        if self.fence != fence || self.state != DeliveryState::Sending {
            return None;
        }
        self.lease_until = None;
        match answer {
            Answer::Taken(_) => unreachable!("answered above"),
            Answer::Lost => {
                let first = self.first_attempt_at.unwrap_or(now);
                self.doubt_since.get_or_insert(first);
                self.again_in(self.backoff(LONGEST_IN_DOUBT), now);
                self.lapse(now, policy);
            }
            Answer::NotSent => self.not_sent(self.backoff(LONGEST), now),
            Answer::NoRecipient(follows) if *follows != Some(false) && self.attempts <= LOOKS => {
                self.not_sent(self.backoff(LONGEST), now);
            }
            Answer::Serialise => {
                self.attempts = self.attempts.saturating_sub(1);
                self.not_sent(IN_TURN, now);
            }
            Answer::Stopped(_) => {
                self.attempts = self.attempts.saturating_sub(1);
                self.not_sent(TimeDelta::zero(), now);
            }
            Answer::NoRecipient(_) => self.refused("wechat_40003", now),
            Answer::Refused(reason) | Answer::Unsendable(reason) => self.refused(reason, now),
        }
        Some(self.state)
    }

    /// Puts what WeChat reports of the message to it; tells the final state if there was none.
    pub fn reported(&mut self, report: &Report, now: DateTime<Utc>) -> Option<DeliveryState> {
        let open = self.state == DeliveryState::Accepted
            || (self.state == DeliveryState::Delivered
                && self.reason.as_deref() == Some(UNCONFIRMED));
        open.then(|| match report {
            Report::Delivered => self.settle(DeliveryState::Delivered, None, now),
            Report::Failed(reason) => {
                self.settle(DeliveryState::Failed, Some((*reason).to_owned()), now)
            }
        })
    }

    /// Says that it is not to be sent any more. What is on its way cannot be held back.
    pub fn withdraw(&mut self, reason: &str, now: DateTime<Utc>) -> Option<DeliveryState> {
        match self.state {
            DeliveryState::Pending if self.doubt_since.is_none() => {
                Some(self.settle(DeliveryState::Skipped, Some(reason.to_owned()), now))
            }
            DeliveryState::Pending | DeliveryState::Sending | DeliveryState::Accepted => {
                self.withdrawn = Some(reason.to_owned());
                None
            }
            _ => None,
        }
    }

    /// Whether the member is to be told in another way: this one certainly failed, and what it
    /// told is still true.
    pub fn asks_for_another_way(&self) -> bool {
        self.state == DeliveryState::Failed && self.withdrawn.is_none()
    }

    /// Whether the time for other ways than a call is over.
    pub fn came_too_late(&self) -> bool {
        self.reason.as_deref() == Some(EXPIRED)
    }

    /// Begins anew, as for another account of the same channel.
    pub fn turn(&mut self) {
        *self = Self {
            fence: self.fence + 1,
            ..Self::new(self.channel, self.expires_at)
        };
    }

    /// Begins anew what ended, until `expires_at`.
    ///
    /// # Errors
    /// [`NotAgain::MayBeSeenTwice`] when nobody knows whether it was sent, WeChat would not know
    /// it again, and it is not `confirmed` that this may be.
    pub fn redrive(&mut self, confirmed: bool, expires_at: DateTime<Utc>) -> Result<(), NotAgain> {
        match self.state {
            DeliveryState::Pending | DeliveryState::Sending | DeliveryState::Accepted => {
                return Err(NotAgain::OnItsWay);
            }
            DeliveryState::Delivered | DeliveryState::Phoned => return Err(NotAgain::Reached),
            DeliveryState::Unknown if !confirmed => {
                let since = self.doubt_since.or(self.first_attempt_at);
                return Err(NotAgain::MayBeSeenTwice(
                    since.or(self.settled_at).unwrap_or(self.expires_at),
                ));
            }
            DeliveryState::Unknown | DeliveryState::Failed | DeliveryState::Skipped => {}
        }
        self.expires_at = expires_at;
        self.turn();
        Ok(())
    }

    fn taken(&mut self, msg_id: Option<i64>, now: DateTime<Utc>) -> Option<DeliveryState> {
        let open = matches!(
            self.state,
            DeliveryState::Pending | DeliveryState::Sending | DeliveryState::Unknown
        );
        open.then(|| {
            self.state = DeliveryState::Accepted;
            self.reason = None;
            self.settled_at = None;
            self.lease_until = None;
            self.next_attempt_at = None;
            self.accepted_at = Some(now);
            self.msg_id = msg_id;
            self.state
        })
    }

    fn refused(&mut self, reason: &str, now: DateTime<Utc>) {
        // An earlier try may have been seen: another channel would tell him twice.
        if self.doubt_since.is_some() {
            self.settle(DeliveryState::Unknown, Some(AMBIGUOUS.to_owned()), now);
        } else if let Some(withdrawn) = self.withdrawn.clone() {
            self.settle(DeliveryState::Skipped, Some(withdrawn), now);
        } else {
            self.settle(DeliveryState::Failed, Some(reason.to_owned()), now);
        }
    }

    fn not_sent(&mut self, wait: TimeDelta, now: DateTime<Utc>) {
        if self.doubt_since.is_none() {
            self.state = DeliveryState::Pending;
            self.first_attempt_at = None;
            self.useless(now);
        }
        self.again_in(wait, now);
    }

    /// Ends what certainly was not sent and is of no use any more.
    fn useless(&mut self, now: DateTime<Utc>) -> Option<DeliveryState> {
        if let Some(withdrawn) = self.withdrawn.clone() {
            return Some(self.settle(DeliveryState::Skipped, Some(withdrawn), now));
        }
        (self.expires_at <= now)
            .then(|| self.settle(DeliveryState::Failed, Some(EXPIRED.to_owned()), now))
    }

    fn again_in(&mut self, wait: TimeDelta, now: DateTime<Utc>) {
        if !self.state.settled() {
            self.next_attempt_at = Some(now + wait);
        }
    }

    /// One second, then twice as long each time.
    fn backoff(&self, longest: i64) -> TimeDelta {
        let doubled = 1 << self.attempts.saturating_sub(1).min(20);
        TimeDelta::seconds(longest.min(doubled))
    }

    fn settle(
        &mut self,
        state: DeliveryState,
        reason: Option<String>,
        now: DateTime<Utc>,
    ) -> DeliveryState {
        self.state = state;
        self.reason = reason;
        self.settled_at = Some(now);
        self.lease_until = None;
        self.next_attempt_at = None;
        // Whatever claim there is has been overtaken.
        self.fence += 1;
        state
    }
}

#[cfg(test)]
mod tests;
