//! What people type, made canonical or refused: names, lines, paragraphs and phone numbers. Which
//! field takes which, and how long it may be, is said where the field is.

mod characters;
mod phone;

use unicode_normalization::UnicodeNormalization;

use characters::{is_blank, is_dot, is_han, is_name_letter, joins_emoji, unfit};
pub use phone::{Phone, PhoneError};

/// The one spelling of the dot inside a name.
const MIDDLE_DOT: char = '·';

/// How long a person's name may be, in characters.
pub const NAME_MAX: usize = 50;

/// The text in Unicode's normal form C, in which equal texts have equal bytes.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// The text with full-width letters, digits, signs and blanks as their ASCII selves.
pub fn half_width(text: &str) -> String {
    text.chars().map(characters::half_width).collect()
}

/// Why a text is no person's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing, or nothing but blanks.
    Empty,
    /// More characters than a name has.
    TooLong {
        /// How many there may be.
        max: usize,
    },
    /// A character that no name has, or a middle dot where none can be.
    InvalidChar {
        /// Which character of the text in NFC, from 1, leading blanks counted.
        position: usize,
        /// The character.
        char: char,
    },
}

impl NameError {
    /// The reason in words for the person who typed.
    pub fn zh(self) -> String {
        match self {
            Self::Empty => "请填写姓名".to_owned(),
            Self::TooLong { max } => format!("姓名最多 {max} 个字"),
            Self::InvalidChar { position, char } => {
                format!(
                    "姓名第 {position} 个字符{}不能用于姓名",
                    characters::shown(char)
                )
            }
        }
    }
}

/// A person's name in its canonical form: Han characters, Latin letters, and between them single
/// blanks or middle dots, however those were typed.
///
/// Blanks around a middle dot go, and so does the blank by which a name of two characters is
/// stretched to the width of three (`李　明`).
pub fn name(text: &str) -> Result<String, NameError> {
    let mut name = String::new();
    let mut pending_blank = false;
    let mut dot_at = None;
    for (index, original) in text.nfc().enumerate() {
        let char = characters::half_width(original);
        let invalid = NameError::InvalidChar {
            position: index + 1,
            char: original,
        };
        if is_blank(char) {
            pending_blank = true;
        } else if is_dot(char) {
            if name.is_empty() || dot_at.is_some() {
                return Err(invalid);
            }
            name.push(MIDDLE_DOT);
            dot_at = Some(invalid);
            pending_blank = false;
        } else if is_name_letter(char) {
            if pending_blank && !name.is_empty() && dot_at.is_none() {
                name.push(' ');
            }
            name.push(char);
            dot_at = None;
            pending_blank = false;
        } else {
            return Err(invalid);
        }
    }
    if let Some(trailing_dot) = dot_at {
        return Err(trailing_dot);
    }
    if let [family, ' ', given] = name.chars().collect::<Vec<_>>()[..]
        && is_han(family)
        && is_han(given)
    {
        name.remove(family.len_utf8());
    }
    match name.chars().count() {
        0 => Err(NameError::Empty),
        1..=NAME_MAX => Ok(name),
        _ => Err(NameError::TooLong { max: NAME_MAX }),
    }
}

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Nothing, or nothing but blanks.
    Empty,
    /// More characters than the field holds.
    TooLong {
        /// How many it holds.
        max: usize,
    },
    /// A control character, or one that nobody sees.
    InvalidChar {
        /// Which character of the text in NFC, from 1, leading blanks counted.
        position: usize,
        /// The character.
        char: char,
    },
}

impl TextError {
    /// The reason in words for the person who typed.
    pub fn zh(self) -> String {
        match self {
            Self::Empty => "请填写内容".to_owned(),
            Self::TooLong { max } => format!("最多 {max} 个字"),
            Self::InvalidChar {
                position,
                char: '\n' | '\r',
            } => {
                format!("第 {position} 个字符是换行, 此处只能填一行")
            }
            Self::InvalidChar { position, char } => {
                format!(
                    "第 {position} 个字符{}是不可见或控制字符",
                    characters::shown(char)
                )
            }
        }
    }
}

/// One line of free text of at most `max` characters, in NFC and without blanks around it.
///
/// Refuses control characters, line breaks, bidirectional controls and zero-width characters; a
/// zero-width joiner may stand inside an emoji.
pub fn line(text: &str, max: usize) -> Result<String, TextError> {
    free_text(&nfc(text), max, |_| false)
}

/// Free text of at most `max` characters that may run over several lines, in NFC and without
/// blanks around it. Line breaks become `\n`; apart from them it refuses what [`line`] refuses.
pub fn paragraph(text: &str, max: usize) -> Result<String, TextError> {
    let lines = nfc(text).replace("\r\n", "\n").replace('\r', "\n");
    free_text(&lines, max, |char| char == '\n')
}

fn free_text(text: &str, max: usize, allowed: fn(char) -> bool) -> Result<String, TextError> {
    let mut chars = text.chars().peekable();
    let mut before = None;
    let mut position = 0;
    while let Some(char) = chars.next() {
        position += 1;
        let fits =
            !unfit(char) || allowed(char) || joins_emoji(before, char, chars.peek().copied());
        if !fits {
            return Err(TextError::InvalidChar { position, char });
        }
        before = Some(char);
    }
    let trimmed = text.trim_matches(|char| is_blank(char) || allowed(char));
    match trimmed.chars().count() {
        0 => Err(TextError::Empty),
        length if length <= max => Ok(trimmed.to_owned()),
        _ => Err(TextError::TooLong { max }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_become_canonical() {
        let table = [
            ("张三", "张三"),
            ("  张三\u{3000}", "张三"),
            ("李\u{3000}明", "李明"),
            ("李  明", "李明"),
            ("欧阳 娜娜", "欧阳 娜娜"),
            ("买买提・艾力", "买买提·艾力"),
            ("买买提•艾力", "买买提·艾力"),
            ("买买提‧艾力", "买买提·艾力"),
            ("买买提･艾力", "买买提·艾力"),
            ("买买提 · 艾力", "买买提·艾力"),
            ("列夫·尼古拉耶维奇·托尔斯泰", "列夫·尼古拉耶维奇·托尔斯泰"),
            ("Ａnna  Li", "Anna Li"),
            ("Rene\u{301}", "René"),
            ("𠮷野", "𠮷野"),
            ("㛃一", "㛃一"),
            ("李〇", "李〇"),
            ("\u{f9d8}", "\u{5f8b}"),
        ];
        for (typed, expected) in table {
            assert_eq!(name(typed).as_deref(), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_place() {
        let table = [
            ("张\u{0}三", 2, '\u{0}'),
            ("张三\n", 3, '\n'),
            ("张\u{202e}三", 2, '\u{202e}'),
            ("\u{200b}张三", 1, '\u{200b}'),
            ("\u{feff}张三", 1, '\u{feff}'),
            ("张三😀", 3, '😀'),
            ("张三2", 3, '2'),
            ("张三２", 3, '２'),
            ("张三(女)", 3, '('),
            ("=张三", 1, '='),
            ("\u{e000}三", 1, '\u{e000}'),
            ("张\u{fe0f}三", 2, '\u{fe0f}'),
            ("Z\u{335}", 2, '\u{335}'),
            ("·张三", 1, '·'),
            ("张三·", 3, '·'),
            ("张··三", 3, '·'),
            ("Анна", 1, 'А'),
        ];
        for (typed, position, char) in table {
            assert_eq!(
                name(typed),
                Err(NameError::InvalidChar { position, char }),
                "{typed:?}"
            );
        }
    }

    #[test]
    fn a_name_has_one_to_fifty_characters() {
        assert_eq!(name(""), Err(NameError::Empty));
        assert_eq!(name(" \u{3000}\u{a0}"), Err(NameError::Empty));
        assert_eq!(
            name(&"张".repeat(50)).map(|name| name.chars().count()),
            Ok(50)
        );
        assert_eq!(name(&"𠮷".repeat(51)), Err(NameError::TooLong { max: 50 }));
    }

    #[test]
    fn a_line_keeps_emoji_and_refuses_what_nobody_sees() {
        let table = ["好的👍🏽", "一家👨‍👩‍👧‍👦到", "❤️", "(公务) + 100%", "עברית"];
        for typed in table {
            assert_eq!(line(typed, 20).as_deref(), Ok(typed));
        }
        let refused = [
            "\u{0}",
            "\n",
            "\r",
            "\t",
            "\u{7f}",
            "\u{85}",
            "\u{200b}",
            "\u{200d}",
            "\u{200e}",
            "\u{202a}",
            "\u{202e}",
            "\u{2028}",
            "\u{2060}",
            "\u{2066}",
            "\u{2069}",
            "\u{61c}",
            "\u{feff}",
            "\u{ad}",
            "\u{e0041}",
            "\u{fffd}",
            "\u{ffff}",
            "\u{180e}",
            "\u{115f}",
            "\u{3164}",
        ];
        for hidden in refused {
            let char = hidden.chars().next().unwrap();
            let expected = Err(TextError::InvalidChar { position: 2, char });
            assert_eq!(line(&format!("张{hidden}三"), 20), expected, "{hidden:?}");
        }
    }

    #[test]
    fn a_joiner_stands_only_between_two_emoji() {
        for typed in [
            "👍\u{200d}",
            "👍\u{200d}三",
            "三\u{200d}👍",
            "👍\u{200d}\u{200d}👍",
        ] {
            let expected = TextError::InvalidChar {
                position: 2,
                char: '\u{200d}',
            };
            assert_eq!(line(typed, 20), Err(expected), "{typed:?}");
        }
    }

    #[test]
    fn a_paragraph_has_lines_and_nothing_else_hidden() {
        assert_eq!(
            paragraph(" 一\r\n二\r三\n\n", 20).as_deref(),
            Ok("一\n二\n三")
        );
        assert_eq!(paragraph("\n \r\n", 20), Err(TextError::Empty));
        let tab = TextError::InvalidChar {
            position: 3,
            char: '\t',
        };
        assert_eq!(paragraph("一\n\t二", 20), Err(tab));
    }

    #[test]
    fn length_counts_characters_of_the_trimmed_text() {
        assert_eq!(line(" 四个汉字 ", 4).as_deref(), Ok("四个汉字"));
        assert_eq!(line("五个汉字了", 4), Err(TextError::TooLong { max: 4 }));
        assert_eq!(line("e\u{301}", 1).as_deref(), Ok("é"));
    }

    #[test]
    fn full_width_signs_become_ascii() {
        assert_eq!(
            half_width("（＋８６）　１３８－００＊Ａｂ～"),
            "(+86) 138-00*Ab~"
        );
        assert_eq!(half_width("张三，。"), "张三,。");
    }

    proptest! {
        #[test]
        fn a_canonical_name_is_its_own_canonical_form(typed in "[ 　·•・张三李明a-cＡ-Ｃé]{0,12}") {
            if let Ok(canonical) = name(&typed) {
                prop_assert_eq!(name(&canonical), Ok(canonical.clone()));
            }
        }

        #[test]
        fn no_text_panics_and_what_is_taken_is_clean(typed in any::<String>()) {
            for text in [name(&typed).ok(), line(&typed, 30).ok()].into_iter().flatten() {
                prop_assert_eq!(nfc(&text), text.clone());
                prop_assert!(!text.contains(char::is_control));
            }
            let _ = paragraph(&typed, 30);
            let _ = Phone::parse(&typed);
        }
    }
}
