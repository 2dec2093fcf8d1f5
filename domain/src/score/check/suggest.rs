//! The nearest word that somebody may have meant, and how words are named to a person.

/// Lists beyond this many names are cut: nobody reads on.
const LISTED: usize = 30;

/// A word with what people call it: `filed（立案）`.
pub(in crate::score) fn named(word: &str, title: &str) -> String {
    if title.is_empty() || title == word {
        word.to_owned()
    } else {
        format!("{word}（{title}）")
    }
}

/// Words with their names, one after the other.
pub(in crate::score) fn listed(words: &[(&str, &str)]) -> String {
    let mut names: Vec<String> = words
        .iter()
        .take(LISTED)
        .map(|(word, title)| named(word, title))
        .collect();
    if LISTED < words.len() {
        names.push("……".to_owned());
    }
    names.join("、")
}

/// The sentence about a word that nobody knows.
pub(in crate::score) fn unknown(what: &str, word: &str, known: &[(&str, &str)]) -> String {
    let meant = match nearest(word, known) {
        Some((near, title)) => format!("，是否想写 {}？", named(near, title)),
        None => "；".to_owned(),
    };
    let choice = if known.is_empty() {
        "这里还没有可用的".to_owned()
    } else {
        format!("可用的有：{}", listed(known))
    };
    format!("不认识的{what}「{word}」{meant}{choice}")
}

/// The word that differs least: in at most a third of its letters, or not at all in its Chinese
/// name.
fn nearest<'a>(word: &str, known: &[(&'a str, &'a str)]) -> Option<(&'a str, &'a str)> {
    if let Some(meant) = known.iter().find(|(_, title)| *title == word) {
        return Some(*meant);
    }
    let letters = word.to_lowercase().replace('-', "_");
    known
        .iter()
        .map(|(key, title)| (distance(&letters, key), (*key, *title)))
        .filter(|(changes, (key, _))| changes * 3 <= key.len().max(4))
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, meant)| meant)
}

/// How many letters must be put in, left out, changed or swapped with the next.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let same = one[i - 1] == other[j - 1];
            let mut least = (rows[i - 1][j - 1] + usize::from(!same))
                .min(rows[i - 1][j] + 1)
                .min(row[j - 1] + 1);
            if 1 < i && 1 < j && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_put_in_left_out_changed_and_swapped_are_counted() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("filed", "filed", 0),
            ("fild", "filed", 1),
            ("fileed", "filed", 1),
            ("fired", "filed", 1),
            ("field", "filed", 1),
            ("flied", "filed", 1),
            ("ifled", "filed", 1),
            ("abcd", "badc", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn the_nearest_word_is_near() {
        let known = [
            ("filed", "立案"),
            ("key", "重点提案"),
            ("excellent", "优秀提案"),
        ];
        let near = |word| nearest(word, &known).map(|(key, _)| key);
        assert_eq!(near("fild"), Some("filed"));
        assert_eq!(near("Filed"), Some("filed"));
        assert_eq!(near("ky"), Some("key"));
        assert_eq!(near("excelent"), Some("excellent"));
        assert_eq!(near("立案"), Some("filed"));
        assert_eq!(near("submitted"), None);
        assert_eq!(near("k"), None);
    }

    #[test]
    fn an_unknown_word_is_told_with_those_known() {
        assert_eq!(
            unknown("词", "fild", &[("filed", "立案"), ("key", "")]),
            "不认识的词「fild」，是否想写 filed（立案）？可用的有：filed（立案）、key"
        );
        assert_eq!(
            unknown("部分", "base", &[]),
            "不认识的部分「base」；这里还没有可用的"
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let many = [("a", "a"); LISTED + 1];
        assert!(listed(&many).ends_with("a、……"));
        assert!(listed(&many[1..]).ends_with("a、a"));
    }
}
