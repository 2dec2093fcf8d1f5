//! Numbers that no fact can have: half a signer, the ninth of three, more than the whole time.

use super::{Holds, Kind, Mistake};
use crate::score::amount::Amount;
use crate::score::fact::{Attributes, Value};

impl Kind {
    /// Whether an attribute is the share of the time that somebody was there, from 0 to 1.
    pub(in crate::score) fn is_share(&self, key: &str) -> bool {
        self.key == "attendance" && key == "share"
    }

    /// The first number of a fact of this kind that cannot be: `signers` and `place` count people
    /// from 1 on, nobody stands behind the last signer, and a share is at most the whole.
    pub fn impossible(&self, attributes: &Attributes) -> Option<Mistake> {
        let (signers, place) = (
            self.number(attributes, "signers"),
            self.number(attributes, "place"),
        );
        for (key, number) in [("signers", signers), ("place", place)] {
            let Some(number) = number else { continue };
            if number != Amount::whole(i64::try_from(number.floor()).ok()?) || number < Amount::ONE
            {
                return Some(self.wrong(key, &format!("应是 1 以上的整数，写的是 {number}")));
            }
        }
        if let (Some(signers), Some(place)) = (signers, place)
            && signers < place
        {
            let beyond = format!("是 {place}，但一共只有 {signers} 人署名");
            return Some(self.wrong("place", &beyond));
        }
        let share = attributes.get("share").filter(|_| self.is_share("share"));
        let share = share.and_then(Value::number)?;
        (share.is_negative() || Amount::ONE < share).then(|| {
            let range = format!("在 0 与 1 之间，如一半写 0.5、三分之二写 2/3，写的是 {share}");
            self.wrong("share", &range)
        })
    }

    fn number(&self, attributes: &Attributes, key: &str) -> Option<Amount> {
        let known = self.attribute(key)?;
        let value = attributes.get(key).filter(|_| known.holds == Holds::Number);
        value.and_then(Value::number)
    }

    fn wrong(&self, key: &str, what: &str) -> Mistake {
        let title = self.attribute(key).map_or(key, |one| one.title.as_str());
        Mistake {
            attribute: Some(key.to_owned()),
            expected: format!("「{title}」{what}"),
        }
    }
}
