//! Whether a rulebook's own words are well formed: kinds, attributes, recorders, what is deemed.

use std::collections::BTreeSet;

use super::super::fact::Value;
use super::super::person::TRAITS;
use super::super::vocabulary::{Attribute, HEADINGS, Holds, Kind, Vocabulary, Word};
use super::pattern::takes;
use super::suggest::unknown;
use super::{Amount, Check, Whose};

impl Check<'_> {
    pub(super) fn kinds(&mut self) {
        let kinds = &self.book.kinds;
        let usual = Vocabulary::usual();
        let mut seen = BTreeSet::new();
        for (index, kind) in kinds.iter().enumerate() {
            let at = format!("kinds[{index}]");
            self.own_key(&at, &kind.key, &mut seen);
            self.text(&format!("{at}.title"), &kind.title);
            self.kind_title(&format!("{at}.title"), kind, usual.kind(&kind.key));
            let mut seen = BTreeSet::new();
            for (index, attribute) in kind.attributes.iter().enumerate() {
                let at = format!("{at}.attributes[{index}]");
                let known = usual.kind(&kind.key);
                let known = known.and_then(|kind| kind.attribute(&attribute.key));
                self.own_key(&at, &attribute.key, &mut seen);
                self.attribute(&at, attribute, known);
                self.attribute_title(&format!("{at}.title"), &kind.key, attribute, known);
            }
        }
    }

    fn attribute(&mut self, at: &str, attribute: &Attribute, known: Option<&Attribute>) {
        if ["kind", "of"].contains(&attribute.key.as_str())
            || TRAITS.contains(&attribute.key.as_str())
        {
            self.wrong(
                format!("{at}.key"),
                format!(
                    "{} 另有含义（kind、of 及 {} 是固定的），请换一个名称",
                    attribute.key,
                    TRAITS.join("、")
                ),
            );
        }
        self.text(&format!("{at}.title"), &attribute.title);
        let holds = known.map_or(attribute.holds, |known| known.holds);
        // Words are added to an attribute that is known; its type need not be repeated.
        let repeated =
            attribute.holds == holds || (attribute.holds == Holds::Word && holds == Holds::Words);
        if !repeated {
            self.wrong(
                format!("{at}.type"),
                format!(
                    "{} 已有规定，类型是 {}（{}），不能改为 {}（{}）",
                    attribute.key,
                    holds,
                    holds.zh(),
                    attribute.holds,
                    attribute.holds.zh()
                ),
            );
        }
        let known = known.map_or(&[][..], |known| &known.words);
        self.words(&format!("{at}.words"), holds, &attribute.words, known);
    }

    /// A list of facts tells kinds apart by what they are called.
    fn kind_title(&mut self, at: &str, kind: &Kind, known: Option<&Kind>) {
        self.plain_title(at, &kind.title);
        if let Some(known) = known {
            return self.keeps_title(at, &kind.key, &kind.title, &known.title);
        }
        let vocabulary = self.vocabulary;
        let mut others = vocabulary.kinds().filter(|other| other.key != kind.key);
        if let Some(other) = others.find(|other| [&other.title, &other.key].contains(&&kind.title))
        {
            self.wrong(
                at,
                format!(
                    "「{}」是类别 {} 的名称，事实文件里分不清，请换一个；\
                     要给它加项目，key 写 {}",
                    kind.title, other.key, other.key
                ),
            );
        }
    }

    /// A list of facts tells attributes of a kind apart by the headings of its columns.
    fn attribute_title(
        &mut self,
        at: &str,
        kind: &str,
        attribute: &Attribute,
        known: Option<&Attribute>,
    ) {
        let title = &attribute.title;
        self.plain_title(at, title);
        if let Some(known) = known {
            return self.keeps_title(at, &attribute.key, title, &known.title);
        }
        if HEADINGS.iter().any(|(zh, en)| title == zh || title == en) {
            return self.wrong(
                at,
                format!("「{title}」是事实文件固定的表头（3.1 节），不能再作项目名，请换一个"),
            );
        }
        let kind = self.vocabulary.kind(kind);
        let others = kind.map_or(&[][..], |kind| &kind.attributes);
        let mut others = others.iter().filter(|other| other.key != attribute.key);
        if let Some(other) = others.find(|other| [&other.title, &other.key].contains(&title)) {
            let key = &other.key;
            self.wrong(
                at,
                format!("项目 {key} 也叫「{title}」，事实文件里分不清是哪一列，请换一个"),
            );
        }
    }

    /// What is known is called as it was; another title would not be looked for.
    fn keeps_title(&mut self, at: &str, key: &str, title: &str, known: &str) {
        if title != known {
            self.wrong(
                at,
                format!("{key} 原来叫「{known}」，名称不能改；这里应写 title = \"{known}\""),
            );
        }
    }

    /// Cells are read without the spaces around what stands in them.
    fn plain_title(&mut self, at: &str, title: &str) {
        if !title.trim().is_empty() && title.trim() != title {
            self.wrong(at, "前后不要有空格，否则在事实文件里对不上");
        }
    }

    fn words(&mut self, at: &str, holds: Holds, words: &[Word], known: &[Word]) {
        match holds {
            Holds::Word | Holds::Words if words.is_empty() => {
                self.wrong(at, "应列出可用的词，每个词写 key 和 title");
            }
            Holds::Number | Holds::Flag | Holds::Text if !words.is_empty() => self.wrong(
                at,
                format!("类型为 {}（{}）时不能列词，请删去 words", holds, holds.zh()),
            ),
            _ => {}
        }
        let mut seen = BTreeSet::new();
        for (index, word) in words.iter().enumerate() {
            let at = format!("{at}[{index}]");
            self.own_key(&at, &word.key, &mut seen);
            let before = &words[..index];
            let at = format!("{at}.title");
            self.text(&at, &word.title);
            self.plain_title(&at, &word.title);
            if let Some(known) = known.iter().find(|known| known.key == word.key) {
                self.keeps_title(&at, &word.key, &word.title, &known.title);
                continue;
            }
            let mut others = known.iter().chain(before);
            if let Some(other) = others.find(|other| other.title == word.title) {
                self.wrong(
                    at,
                    format!("「{}」已是 {} 的名称，请换一个", word.title, other.key),
                );
            }
        }
    }

    pub(super) fn recorders(&mut self) {
        let recorders = &self.book.recorders;
        let mut seen = BTreeSet::new();
        for (index, recorder) in recorders.iter().enumerate() {
            let at = format!("recorders[{index}]");
            self.own_key(&at, &recorder.key, &mut seen);
            self.text(&format!("{at}.title"), &recorder.title);
            self.optional_text(&format!("{at}.clause"), recorder.clause.as_deref());
            self.patterns(&format!("{at}.records"), &recorder.records, Whose::Anyone);
        }
    }

    pub(super) fn deemed(&mut self) {
        for (index, deemed) in self.book.deemed.iter().enumerate() {
            let at = format!("deemed[{index}]");
            self.text(&format!("{at}.clause"), &deemed.clause);
            self.text(&format!("{at}.text"), &deemed.text);
            self.optional_text(&format!("{at}.choice"), deemed.choice.as_deref());
            self.pattern(&format!("{at}.when"), &deemed.when, Whose::Anyone);
            let mut earlier = self.book.deemed[..index].iter();
            if let Some(earlier) = earlier.position(|one| takes(&one.when, &deemed.when)) {
                self.wrong(
                    &at,
                    format!(
                        "这一条永远轮不到：前面第 {} 条 [[deemed]] 已包含这里的情形，一件事只用第一条\
                         合适的视同；范围小的应放在前面",
                        earlier + 1
                    ),
                );
            }
            let at = format!("{at}.as");
            if deemed.counts_as.is_empty() {
                self.wrong(&at, "应写明视同什么，如 { status = \"absent\" }");
            }
            let Some(kind) = self.vocabulary.kind(&deemed.when.kind) else {
                continue;
            };
            let told = self.errors.len();
            for (name, value) in &deemed.counts_as {
                let at = format!("{at}.{name}");
                if let Some(attribute) = kind.attribute(name) {
                    self.value(&at, attribute, value);
                    continue;
                }
                let attributes = kind.attributes.iter();
                let known: Vec<_> = attributes
                    .map(|attribute| (attribute.key.as_str(), attribute.title.as_str()))
                    .collect();
                self.wrong(at, unknown(&format!("{}的项目", kind.title), name, &known));
            }
            if told == self.errors.len()
                && let Some(mistake) = kind.impossible(&deemed.counts_as)
            {
                let name = mistake.attribute.unwrap_or_default();
                self.wrong(format!("{at}.{name}"), mistake.expected);
            }
        }
    }

    /// What a fact is deemed to have.
    fn value(&mut self, at: &str, attribute: &Attribute, value: &Value) {
        let fits = match attribute.holds {
            Holds::Word | Holds::Text => matches!(value, Value::Word(_)),
            Holds::Words => matches!(value, Value::Word(_) | Value::Words(_)),
            Holds::Number => value.number().is_some(),
            Holds::Flag => matches!(value, Value::Flag(_)),
        };
        if !fits {
            let example = match attribute.holds {
                Holds::Word => "引号中的一个词",
                Holds::Words => "引号中的一个词，或 [ ] 中的几个词",
                Holds::Number => "数，如 5、0.5 或 \"2/3\"",
                Holds::Flag => "true 或 false",
                Holds::Text => "引号中的文字",
            };
            return self.wrong(
                at,
                format!(
                    "{} 的类型是 {}（{}），应写{example}",
                    attribute.key,
                    attribute.holds,
                    attribute.holds.zh()
                ),
            );
        }
        if matches!(attribute.holds, Holds::Word | Holds::Words) {
            if value.words().is_empty() {
                self.wrong(at, "应至少写一个词");
            }
            let known: Vec<_> = attribute
                .words
                .iter()
                .map(|word| (word.key.as_str(), word.title.as_str()))
                .collect();
            for word in value.words() {
                self.one_of(at, &attribute.title, word, &known);
            }
        }
        if value.number().is_some_and(Amount::is_negative) {
            self.wrong(at, "不能是负数");
        }
    }
}
