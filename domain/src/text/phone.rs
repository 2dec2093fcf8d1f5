//! Mainland mobile numbers: read as people write them, kept as eleven digits, shown masked.

use std::fmt;

use super::characters;

/// How many digits a mainland mobile number has.
const DIGITS: usize = 11;

/// A mainland mobile number in its canonical form: eleven digits beginning with 1.
///
/// It has no `Display`, and `Debug` masks it: the full number leaves only through [`Self::as_str`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(String);

/// Why a text is no mainland mobile number. It carries no digit of it, so it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneError {
    /// Nothing, or nothing but blanks.
    Empty,
    /// A character that is no digit, blank or dash.
    InvalidChar {
        /// Which character of the text, from 1.
        position: usize,
        /// The character.
        char: char,
    },
    /// Too many or too few digits after the country's prefix.
    WrongLength {
        /// How many there are.
        digits: usize,
    },
    /// Eleven digits that do not begin with 1, or a prefix of another country.
    NotMobile,
}

impl PhoneError {
    /// The reason in words for the person who typed.
    pub fn zh(self) -> String {
        match self {
            Self::Empty => "请填写手机号".to_owned(),
            Self::InvalidChar { position, char } => {
                format!(
                    "手机号第 {position} 个字符{}不是数字",
                    characters::shown(char)
                )
            }
            Self::WrongLength { digits } => {
                format!("手机号应为 {DIGITS} 位数字, 这里有 {digits} 位")
            }
            Self::NotMobile => "不是中国大陆的手机号(应以 1 开头)".to_owned(),
        }
    }
}

impl Phone {
    /// Reads a number with or without `+86`, `86` or `0086`, with blanks or dashes anywhere, in
    /// half-width or full-width digits.
    ///
    /// Any second digit will do: carriers open new ranges faster than a list here would follow,
    /// and demonstrations need numbers that belong to nobody.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let mut digits = String::new();
        let mut plus = false;
        for (index, original) in text.chars().enumerate() {
            match characters::half_width(original) {
                digit @ '0'..='9' => digits.push(digit),
                '+' if !plus && digits.is_empty() => plus = true,
                '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
                blank if characters::is_blank(blank) => {}
                _ => {
                    return Err(PhoneError::InvalidChar {
                        position: index + 1,
                        char: original,
                    });
                }
            }
        }
        if digits.is_empty() && !plus {
            return Err(PhoneError::Empty);
        }
        let national = match (plus, digits.strip_prefix("86"), digits.strip_prefix("0086")) {
            (true, Some(national), _) | (false, _, Some(national)) => national,
            (true, None, _) => return Err(PhoneError::NotMobile),
            // No mobile number begins with 86, so this prefix is never part of one.
            (false, Some(national), None) if national.len() == DIGITS => national,
            (false, _, None) => &digits,
        };
        if national.len() != DIGITS {
            return Err(PhoneError::WrongLength {
                digits: national.len(),
            });
        }
        if !national.starts_with('1') {
            return Err(PhoneError::NotMobile);
        }
        Ok(Self(national.to_owned()))
    }

    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with its middle hidden: `138****8000`.
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_written_in_many_ways() {
        let ways = [
            "10000138000",
            "100 0013 8000",
            "100-0013-8000",
            "+8610000138000",
            "+86 100 0013 8000",
            "8610000138000",
            "008610000138000",
            "0086-100-0013-8000",
            "１００００１３８０００",
            "＋８６　１００００１３８０００",
            "\u{3000}10000138000\u{a0}",
            "100–0013–8000",
        ];
        for way in ways {
            assert_eq!(
                Phone::parse(way).as_ref().map(Phone::as_str),
                Ok("10000138000"),
                "{way}"
            );
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        let table = [
            ("", PhoneError::Empty),
            (" \u{3000}-", PhoneError::Empty),
            ("+", PhoneError::NotMobile),
            ("1000013800", PhoneError::WrongLength { digits: 10 }),
            ("100001380001", PhoneError::WrongLength { digits: 12 }),
            ("+86100001380001", PhoneError::WrongLength { digits: 12 }),
            ("86100001380001", PhoneError::WrongLength { digits: 14 }),
            ("010000138000", PhoneError::WrongLength { digits: 12 }),
            ("20000138000", PhoneError::NotMobile),
            (
                "++8610000138000",
                PhoneError::InvalidChar {
                    position: 2,
                    char: '+',
                },
            ),
            ("+1 212 555 0100", PhoneError::NotMobile),
            ("00000138000", PhoneError::NotMobile),
            (
                "1.0E+10",
                PhoneError::InvalidChar {
                    position: 2,
                    char: '.',
                },
            ),
            (
                "100001380OO",
                PhoneError::InvalidChar {
                    position: 10,
                    char: 'O',
                },
            ),
            (
                "1000013+8000",
                PhoneError::InvalidChar {
                    position: 8,
                    char: '+',
                },
            ),
            (
                "\u{202d}10000138000",
                PhoneError::InvalidChar {
                    position: 1,
                    char: '\u{202d}',
                },
            ),
            (
                "١٠٠٠٠١٣٨٠٠٠",
                PhoneError::InvalidChar {
                    position: 1,
                    char: '١',
                },
            ),
        ];
        for (typed, error) in table {
            assert_eq!(Phone::parse(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn what_is_printed_hides_the_middle() {
        let phone = Phone::parse("10000138000").unwrap();
        assert_eq!(phone.masked(), "100****8000");
        assert_eq!(format!("{phone:?}"), "Phone(100****8000)");
        assert_eq!(format!("{phone:#?}"), "Phone(100****8000)");
    }
}
