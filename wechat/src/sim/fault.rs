//! Troubles on order: which calls they strike, how often, and whether the call takes effect first.

use chrono::TimeDelta;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::answer::Heard;
use super::state::World;

/// How far the clock may jump: a century, in seconds.
const FARTHEST: i64 = 100 * 366 * 86_400;

/// A trouble that strikes the calls it fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Only calls of this account.
    pub app_id: Option<String>,
    /// Only calls of this path.
    pub path: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Whether it goes wrong before or after the call took effect.
    pub moment: Moment,
    /// How many fitting calls pass before the first is struck.
    pub skip: u32,
    /// Of the fitting calls behind those, every so manieth is struck; 1 is each of them, 2 is every
    /// other, as when a whitelist flips to and fro.
    pub every: u32,
    /// The chance that a fitting call is struck, between 0 and 1.
    pub probability: f64,
    /// How many calls are struck; `None` is all of them.
    pub times: Option<u32>,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The answer is a refusal with this errcode.
    Errcode(i64),
    /// No answer for so long, then the connection is closed.
    Timeout {
        /// How long.
        millis: u64,
    },
    /// The right answer, byte by byte.
    Drip {
        /// The pause between two bytes.
        millis: u64,
    },
    /// The connection is closed without a byte of an answer.
    HangUp,
    /// WeChat's side of the connection is closed in the middle of the answer; ours stays open.
    HalfClosed,
    /// The connection is reset without a byte of an answer.
    Reset,
    /// A complete HTTP answer with half of the JSON.
    Truncated,
    /// 200 and no body.
    Empty,
    /// 502 and a page of HTML.
    Html,
    /// The right answer as `text/plain`.
    PlainText,
    /// The right answer with its errcode as a string.
    ErrcodeAsString,
    /// The right answer, and the connection is closed after it.
    Close,
    /// The right answer, compressed, whether or not the caller can read that.
    Gzip,
    /// The right answer, and the simulator's clock jumps before the call is read.
    ClockJump {
        /// How far; backwards when negative.
        seconds: i64,
    },
}

/// When a trouble strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The call has no effect.
    #[default]
    Before,
    /// The call has its effect, but the caller does not learn of it.
    After,
}

impl Default for Fault {
    fn default() -> Self {
        Self::new(FaultKind::Errcode(-1))
    }
}

impl Fault {
    /// The next call of anybody fails once, before it takes effect.
    pub const fn new(kind: FaultKind) -> Self {
        Self {
            app_id: None,
            path: None,
            kind,
            moment: Moment::Before,
            skip: 0,
            every: 1,
            probability: 1.0,
            times: Some(1),
        }
    }

    /// The next call is refused with this errcode.
    pub const fn errcode(errcode: i64) -> Self {
        Self::new(FaultKind::Errcode(errcode))
    }

    /// Only calls of this path.
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Only calls of this account.
    pub fn of(mut self, app_id: &str) -> Self {
        self.app_id = Some(app_id.to_owned());
        self
    }

    /// The call takes effect first.
    pub const fn after(mut self) -> Self {
        self.moment = Moment::After;
        self
    }

    /// So many fitting calls pass first.
    pub const fn skip(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    /// Every so manieth fitting call is struck.
    pub const fn every(mut self, calls: u32) -> Self {
        self.every = calls;
        self
    }

    /// So many calls are struck.
    pub const fn times(mut self, calls: u32) -> Self {
        self.times = Some(calls);
        self
    }

    /// Every call is struck.
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// A fitting call is struck with this chance.
    pub const fn chance(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// Whether the call must have no effect. Troubles that only change the looks of an answer need
    /// one to change.
    pub(super) fn prevents(&self) -> bool {
        let looks = matches!(
            self.kind,
            FaultKind::Drip { .. }
                | FaultKind::PlainText
                | FaultKind::ErrcodeAsString
                | FaultKind::Close
                | FaultKind::Gzip
                | FaultKind::ClockJump { .. }
        );
        self.moment == Moment::Before && !looks
    }

    fn fits(&self, app_id: Option<&str>, path: &str) -> bool {
        let path_fits = self
            .path
            .as_ref()
            .is_none_or(|wanted| wanted.trim_start_matches('/') == path);
        path_fits
            && self
                .app_id
                .as_ref()
                .is_none_or(|wanted| Some(wanted.as_str()) == app_id)
    }
}

struct Armed {
    fault: Fault,
    seen: u32,
    struck: u32,
}

/// The troubles still to come.
#[derive(Default)]
pub(super) struct Faults(Vec<Armed>);

impl Faults {
    pub fn arm(&mut self, fault: Fault) {
        self.0.push(Armed {
            fault,
            seen: 0,
            struck: 0,
        });
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn list(&self) -> Vec<Fault> {
        self.0.iter().map(|armed| armed.fault.clone()).collect()
    }
}

impl World {
    /// The trouble that strikes this call, if any: the first that fits.
    pub fn strike(&mut self, heard: &Heard) -> Option<Fault> {
        let app_id = self.app_of(heard);
        let rng = &mut self.rng;
        let struck = self.faults.0.iter_mut().find_map(|armed| {
            if !armed.fault.fits(app_id.as_deref(), &heard.path) {
                return None;
            }
            armed.seen += 1;
            let behind = armed.seen.saturating_sub(armed.fault.skip);
            let passes = behind == 0
                || !(behind - 1).is_multiple_of(armed.fault.every.max(1))
                || !rng.random_bool(armed.fault.probability.clamp(0.0, 1.0));
            if passes {
                return None;
            }
            armed.struck += 1;
            Some(armed.fault.clone())
        });
        if let Some(FaultKind::ClockJump { seconds }) = struck.as_ref().map(|fault| fault.kind) {
            self.offset += TimeDelta::seconds(seconds.clamp(-FARTHEST, FARTHEST));
        }
        self.faults
            .0
            .retain(|armed| armed.fault.times.is_none_or(|times| armed.struck < times));
        struck
    }
}
