//! One-time passwords by the clock (RFC 6238): SHA-1, six digits, thirty seconds.
//!
//! SHA-1 and six digits because every authenticator app reads them; a code counts once.

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use crate::crypto::random;

const STEP_SECONDS: i64 = 30;

/// A secret, as long as RFC 4226 recommends.
pub fn draw() -> [u8; 20] {
    random()
}

/// The step whose code was given, unless it is wrong or not later than the last step that was
/// used. One step to each side is taken, because phones' clocks differ.
pub fn check(secret: &[u8], given: &str, now: DateTime<Utc>, used: Option<i64>) -> Option<i64> {
    let current = now.timestamp().div_euclid(STEP_SECONDS);
    (current - 1..=current + 1)
        .filter(|&step| used.is_none_or(|used| used < step))
        .find(|&step| bool::from(code_of(secret, step).as_bytes().ct_eq(given.as_bytes())))
}

/// The code an authenticator app shows at this time.
pub fn code(secret: &[u8], now: DateTime<Utc>) -> String {
    code_of(secret, now.timestamp().div_euclid(STEP_SECONDS))
}

fn code_of(secret: &[u8], step: i64) -> String {
    format!("{:06}", truncated(secret, step) % 1_000_000)
}

/// RFC 4226, section 5.3.
fn truncated(secret: &[u8], step: i64) -> u32 {
    let mut mac =
        <Hmac<Sha1> as KeyInit>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(digest[19] & 0x0f);
    let word = [
        digest[offset],
        digest[offset + 1],
        digest[offset + 2],
        digest[offset + 3],
    ];
    u32::from_be_bytes(word) & 0x7fff_ffff
}

/// The address an authenticator app reads from a QR code.
pub fn otpauth_url(account: &str, secret: &[u8]) -> String {
    format!(
        "otpauth://totp/Xingdong:{}?secret={}&issuer=Xingdong",
        percent_encoded(account),
        BASE32_NOPAD.encode(secret)
    )
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        let table = [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ];
        for (seconds, eight_digits) in table {
            assert_eq!(
                truncated(SECRET, seconds / 30) % 100_000_000,
                eight_digits,
                "{seconds}"
            );
        }
        assert_eq!(code(SECRET, at(1_111_111_109)), "081804");
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_only_once() {
        let shown = code(SECRET, at(60_000));
        let step = 60_000 / 30;

        assert_eq!(check(SECRET, &shown, at(60_000), None), Some(step));
        assert_eq!(check(SECRET, &shown, at(60_059), None), Some(step));
        assert_eq!(check(SECRET, &shown, at(60_060), None), None);
        assert_eq!(check(SECRET, &shown, at(59_970), None), Some(step));
        assert_eq!(check(SECRET, &shown, at(59_969), None), None);
        assert_eq!(check(SECRET, &shown, at(60_000), Some(step)), None);
        assert_eq!(check(SECRET, "", at(60_000), None), None);
    }

    #[test]
    fn an_authenticator_app_reads_the_secret_from_the_address() {
        assert_eq!(
            otpauth_url("王@demo", SECRET),
            "otpauth://totp/Xingdong:%E7%8E%8B@demo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Xingdong"
        );
    }
}
