//! The rotating code that a venue's screen shows, and the 30-second slot that it proves.
//!
//! Whether a proved slot is admitted is decided next door, in [`super::admit`].

use std::fmt;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::ids::ActivityId;

/// How long one code is shown.
pub const SLOT_SECONDS: i64 = 30;

/// Keeps these codes apart from everything else that may be computed with the same secret.
const DOMAIN: &[u8] = b"xingdong/check-in-code/v1";

/// Seven digits follow the digit that names the key.
const MODULUS: u64 = 10_000_000;

/// A span of 30 seconds, counted from the Unix epoch. In JSON a number.
///
/// The number may come from a phone, so every step from it to an instant saturates.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Slot(pub i64);

impl Slot {
    /// The slot in which `at` lies.
    pub const fn at(at: DateTime<Utc>) -> Self {
        Self(at.timestamp().div_euclid(SLOT_SECONDS))
    }

    /// Its first instant.
    pub fn valid_from(self) -> DateTime<Utc> {
        self.0
            .checked_mul(SLOT_SECONDS)
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .unwrap_or(if self.0 < 0 {
                DateTime::<Utc>::MIN_UTC
            } else {
                DateTime::<Utc>::MAX_UTC
            })
    }

    /// The first instant after it.
    pub fn valid_until(self) -> DateTime<Utc> {
        Self(self.0.saturating_add(1)).valid_from()
    }

    /// The slot before.
    pub const fn previous(self) -> Self {
        self.before(1)
    }

    /// The slot `count` slots earlier.
    pub(super) const fn before(self, count: i64) -> Self {
        Self(self.0.saturating_sub(count))
    }
}

/// A secret that codes are made with.
#[derive(Clone)]
pub struct CodeKey {
    /// The digit with which its codes begin, 0 to 9.
    pub id: u8,
    /// The secret.
    pub secret: [u8; 32],
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The keys in use: codes are made with the first; the others still verify what was shown before
/// a change of keys.
#[derive(Clone, Debug)]
pub struct CodeKeys {
    current: CodeKey,
    previous: Vec<CodeKey>,
}

/// Why a list of keys cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKeysError {
    /// There is no key.
    Empty,
    /// The id is not one digit.
    IdOutOfRange {
        /// The id given.
        id: u8,
    },
    /// Two keys have the same id.
    Duplicate {
        /// The id they share.
        id: u8,
    },
}

impl fmt::Display for CodeKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("at least one check-in code key is needed"),
            Self::IdOutOfRange { id } => write!(f, "the id of a code key is 0 to 9, not {id}"),
            Self::Duplicate { id } => write!(f, "two code keys have the id {id}"),
        }
    }
}

impl std::error::Error for CodeKeysError {}

impl CodeKeys {
    /// The keys of a configuration, the current one first.
    pub fn new(keys: Vec<CodeKey>) -> Result<Self, CodeKeysError> {
        for (index, key) in keys.iter().enumerate() {
            if key.id > 9 {
                return Err(CodeKeysError::IdOutOfRange { id: key.id });
            }
            if keys[..index].iter().any(|earlier| earlier.id == key.id) {
                return Err(CodeKeysError::Duplicate { id: key.id });
            }
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or(CodeKeysError::Empty)?;
        Ok(Self {
            current,
            previous: keys.collect(),
        })
    }

    /// The key that new codes are made with.
    pub const fn current(&self) -> &CodeKey {
        &self.current
    }

    /// Whether `digits` are the code of this activity in this slot.
    pub(super) fn prove(&self, digits: &Digits, activity: ActivityId, slot: Slot) -> bool {
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|key| key.id == digits.key_id())
            .is_some_and(|key| digits.0.ct_eq(&Digits::of(key, activity, slot).0).into())
    }
}

/// The eight digits that the screen shows for `activity` during `slot`.
///
/// The first names the key; the other seven are cut from an HMAC-SHA256 as RFC 4226 §5.3 does,
/// only from eight bytes instead of four, which brings the bias of the remainder below 10⁻¹².
pub fn code(key: &CodeKey, activity: ActivityId, slot: Slot) -> String {
    Digits::of(key, activity, slot)
        .0
        .into_iter()
        .map(char::from)
        .collect()
}

/// Eight ASCII digits.
pub(super) struct Digits([u8; 8]);

impl Digits {
    /// The code in what a person typed: full-width digits are digits and blanks are nothing.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut digits = [0; 8];
        let mut count = 0;
        for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
            let digit = match letter {
                '0'..='9' => u32::from(letter) - u32::from('0'),
                '０'..='９' => u32::from(letter) - u32::from('０'),
                _ => return None,
            };
            *digits.get_mut(count)? = ascii(u64::from(digit));
            count += 1;
        }
        (count == digits.len()).then_some(Self(digits))
    }

    fn of(key: &CodeKey, activity: ActivityId, slot: Slot) -> Self {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&key.secret).expect("HMAC takes a key of any length");
        // Every part after the tag has a fixed length, so no two inputs can run together.
        mac.update(DOMAIN);
        mac.update(&[key.id]);
        mac.update(activity.0.as_bytes());
        mac.update(&slot.0.to_be_bytes());
        let mac = mac.finalize().into_bytes();
        let offset = usize::from(mac[31] & 0x0f);
        let cut: [u8; 8] = mac[offset..offset + 8]
            .try_into()
            .expect("an offset below 16 leaves eight bytes of 32");
        let mut rest = u64::from_be_bytes(cut) % MODULUS;
        let mut digits = [ascii(u64::from(key.id)); 8];
        for digit in digits[1..].iter_mut().rev() {
            *digit = ascii(rest % 10);
            rest /= 10;
        }
        Self(digits)
    }

    const fn key_id(&self) -> u8 {
        self.0[0] - b'0'
    }
}

/// The ASCII digit of the last decimal of `value`.
fn ascii(value: u64) -> u8 {
    b'0' + u8::try_from(value % 10).expect("a remainder of ten fits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u8) -> CodeKey {
        CodeKey {
            id,
            secret: [7; 32],
        }
    }

    fn activity() -> ActivityId {
        "01920000-0000-7000-8000-000000000001".parse().unwrap()
    }

    #[test]
    fn a_slot_is_half_open_also_before_the_epoch() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for (seconds, slot) in [
            (-31, -2),
            (-30, -1),
            (-1, -1),
            (0, 0),
            (29, 0),
            (30, 1),
            (59, 1),
        ] {
            assert_eq!(Slot::at(at(seconds)), Slot(slot), "{seconds}");
        }
        assert_eq!(
            (Slot(2).valid_from(), Slot(2).valid_until()),
            (at(60), at(90))
        );
    }

    #[test]
    fn a_slot_from_a_liar_has_instants_too() {
        assert_eq!(Slot(i64::MAX).valid_until(), DateTime::<Utc>::MAX_UTC);
        assert_eq!(
            Slot(i64::MIN).previous().valid_from(),
            DateTime::<Utc>::MIN_UTC
        );
        assert_eq!(serde_json::to_string(&Slot(5)).unwrap(), "5");
    }

    #[test]
    fn the_codes_are_pinned_because_two_versions_may_serve_one_screen() {
        let codes: Vec<_> = (0..3)
            .map(|slot| code(&key(4), activity(), Slot(slot)))
            .collect();
        assert_eq!(codes, ["46036135", "49809489", "41628018"]);
    }

    #[test]
    fn the_first_digit_names_the_key_and_every_digit_comes_up_evenly() {
        let mut seen = [0_u32; 10];
        for slot in 0..10_000 {
            let code = code(&key(9), activity(), Slot(slot));
            assert!(code.starts_with('9') && code.len() == 8);
            for digit in code[1..].bytes() {
                seen[usize::from(digit - b'0')] += 1;
            }
        }
        for count in seen {
            assert!((6_600..7_400).contains(&count), "{seen:?}");
        }
    }

    #[test]
    fn full_width_digits_and_blanks_are_read_and_nothing_else_is() {
        let read = |text| Digits::read(text).map(|digits| digits.0);
        for text in [
            "12345678",
            "1234 5678",
            "１２３４５６７８",
            " １２34\u{3000}5678\n",
        ] {
            assert_eq!(read(text), Some(*b"12345678"), "{text:?}");
        }
        for text in [
            "",
            "1234567",
            "123456789",
            "1234567a",
            "١٢٣٤٥٦٧٨",
            "1234-5678",
            "+2345678",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_list_of_keys_needs_distinct_digits() {
        let error = |ids: &[u8]| CodeKeys::new(ids.iter().map(|id| key(*id)).collect()).err();
        assert_eq!(error(&[]), Some(CodeKeysError::Empty));
        assert_eq!(
            error(&[1, 10]),
            Some(CodeKeysError::IdOutOfRange { id: 10 })
        );
        assert_eq!(error(&[1, 2, 1]), Some(CodeKeysError::Duplicate { id: 1 }));
        assert_eq!(error(&[2, 1]), None);
    }

    #[test]
    fn a_printed_key_does_not_show_its_secret() {
        assert_eq!(format!("{:?}", key(3)), "CodeKey { id: 3, .. }");
    }
}
