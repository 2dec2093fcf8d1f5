//! Kinds of characters, as far as our texts tell them apart.

/// The ASCII self of a full-width character; any other character unchanged.
pub(super) fn half_width(char: char) -> char {
    match char {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(char as u32 - 0xfee0).expect("full-width signs mirror ASCII")
        }
        '\u{3000}' => ' ',
        _ => char,
    }
}

/// A blank that people type between or around words.
pub(super) fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\u{a0}' | '\u{3000}')
}

/// The middle dot, or what stands for it on one keyboard or another.
pub(super) fn is_dot(char: char) -> bool {
    matches!(char, '·' | '•' | '‧' | '・' | '･' | '∙' | '⋅')
}

/// What a name is spelled with, apart from blanks and dots.
pub(super) fn is_name_letter(char: char) -> bool {
    is_han(char) || is_latin(char)
}

/// Han characters with all extensions. Compatibility characters are gone after NFC but for the
/// twelve of U+FA0E and following, which are ordinary characters despite their block.
pub(super) fn is_han(char: char) -> bool {
    matches!(char,
        '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{fa0e}' | '\u{fa0f}' | '\u{fa11}' | '\u{fa13}' | '\u{fa14}' | '\u{fa1f}' | '\u{fa21}'
        | '\u{fa23}' | '\u{fa24}' | '\u{fa27}'..='\u{fa29}'
        | '\u{20000}'..='\u{2ee5f}' | '\u{30000}'..='\u{3347f}')
}

fn is_latin(char: char) -> bool {
    char.is_ascii_alphabetic()
        || matches!(char,
            '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// What no text of ours holds: characters nobody sees, that change the direction of others, or
/// that show the text was damaged on its way.
pub(super) fn unfit(char: char) -> bool {
    let hidden = matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    let damaged = matches!(char, '\u{fdd0}'..='\u{fdef}' | '\u{fff0}'..='\u{fffd}')
        || (char as u32) & 0xfffe == 0xfffe;
    char.is_control() || hidden || damaged
}

/// Whether a zero-width joiner stands between two emoji, as in a family or a profession.
pub(super) fn joins_emoji(before: Option<char>, char: char, after: Option<char>) -> bool {
    let ends_emoji = |before| before == '\u{fe0f}' || is_emoji(before);
    char == '\u{200d}' && before.is_some_and(ends_emoji) && after.is_some_and(is_emoji)
}

fn is_emoji(char: char) -> bool {
    matches!(char,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}'
        | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// The character as a message can show it: hidden ones by their number.
pub(super) fn shown(char: char) -> String {
    if unfit(char) || is_blank(char) || char as u32 == 0xfe0f {
        format!("(U+{:04X})", char as u32)
    } else {
        format!("“{char}”")
    }
}
