//! What can be set while the simulator runs: sizes, chances, reviews and how strictly calls are
//! read. How pushes behave has its own habits in `push`.

use serde::{Deserialize, Serialize};

/// The simulator's settings; chances are between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many openids `user/get` puts on a page; WeChat puts 10,000.
    pub follower_page: usize,
    /// The chance that a login changes the session key.
    pub session_rotation: f64,
    /// How many template messages one person takes from one account in a day of Beijing before
    /// the answer is 43117; `None` is any number.
    pub person_day: Option<u32>,
    /// What becomes of template messages that WeChat wants to look at first.
    pub review: Review,
    /// Which careless calls are refused.
    pub strictness: Strictness,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            follower_page: 10_000,
            session_rotation: 0.3,
            person_day: None,
            review: Review::default(),
            strictness: Strictness::default(),
        }
    }
}

impl Settings {
    /// The same with sizes and chances brought into their ranges.
    pub(super) fn sound(mut self) -> Self {
        self.follower_page = self.follower_page.clamp(1, 10_000);
        self.session_rotation = chance(self.session_rotation);
        self.review.chance = chance(self.review.chance);
        self.review.blocked = chance(self.review.blocked);
        self
    }
}

/// Reviews of template messages: the send is answered with 40252 and the message waits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    /// The chance that a message is held back.
    pub chance: f64,
    /// The chance that one held back is never delivered; `wxa/sec/queryblocktmplmsg` lists it.
    pub blocked: f64,
    /// How long a review takes, in seconds of the simulator's clock.
    pub seconds: u32,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            chance: 0.0,
            blocked: 0.0,
            seconds: 1800,
        }
    }
}

/// Which careless calls are refused. All of them are, unless somebody says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, and any mixture makes sense"
)]
pub struct Strictness {
    /// A body without `Content-Length`: HTTP 412.
    pub length: bool,
    /// GET instead of POST or the other way round: 43002, 43001.
    pub method: bool,
    /// No body: 44002.
    pub empty: bool,
    /// A body that is no JSON: 47001. When borne, it counts as an empty object.
    pub json: bool,
    /// `\uXXXX` in a body: 40033.
    pub escapes: bool,
    /// Data for `thing1.DATA` beside `thing1`: 47003.
    pub dotted_keys: bool,
    /// A JSON body without `Content-Type`: 47001. WeChat bears it; our own client should not.
    pub content_type: bool,
    /// A parameter the path does not know: 40097. WeChat bears it; our own client should not.
    pub extra_parameters: bool,
}

impl Default for Strictness {
    fn default() -> Self {
        Self {
            length: true,
            method: true,
            empty: true,
            json: true,
            escapes: true,
            dotted_keys: true,
            content_type: true,
            extra_parameters: true,
        }
    }
}

impl Strictness {
    /// What other people's clients need: no `Content-Type`, parameters nobody asked for.
    pub const fn lenient() -> Self {
        Self {
            length: true,
            method: true,
            empty: true,
            json: true,
            escapes: true,
            dotted_keys: true,
            content_type: false,
            extra_parameters: false,
        }
    }
}

/// A chance is between 0 and 1; what is no number never happens.
pub(super) fn chance(given: f64) -> f64 {
    if given.is_nan() {
        0.0
    } else {
        given.clamp(0.0, 1.0)
    }
}
