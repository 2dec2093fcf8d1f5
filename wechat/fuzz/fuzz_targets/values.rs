//! Values of template fields: judging and fitting never fail, and what fits a text passes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat::values::{check, field_keys, fit};

const KEYS: [&str; 16] = [
    "thing1",
    "short_thing2",
    "phrase3",
    "name4",
    "character_string5",
    "const6",
    "remark",
    "number8",
    "letter9",
    "symbol10",
    "time11",
    "date12",
    "amount13",
    "phone_number14",
    "car_number15",
    "enum_string16",
];

fuzz_target!(|data: &[u8]| {
    let Ok(value) = std::str::from_utf8(data) else {
        return;
    };
    for (place, key) in KEYS.iter().enumerate() {
        let fitted = fit(key, value);
        // The first seven are texts, which may be cut; figures are never made up.
        if place < 7 {
            assert_eq!(check(key, &fitted), Ok(()), "{key} {value:?} became {fitted:?}");
        }
        assert_eq!(fit(key, &fitted), fitted, "fitting {key} twice changes it");
        let _ = check(key, value);
    }
    for key in field_keys(value) {
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    }
});
