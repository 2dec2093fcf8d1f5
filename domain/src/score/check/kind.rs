//! Whether a rulebook's own words are well formed: kinds, attributes, recorders, what is deemed.

use std::collections::BTreeSet;

use super::super::fact::Value;
use super::super::person::TRAITS;
use super::super::vocabulary::{Attribute, Holds, Vocabulary, Word};
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
            let mut seen = BTreeSet::new();
            for (index, attribute) in kind.attributes.iter().enumerate() {
                let at = format!("{at}.attributes[{index}]");
                let known = usual.kind(&kind.key);
                let known = known.and_then(|kind| kind.attribute(&attribute.key));
                self.own_key(&at, &attribute.key, &mut seen);
                self.attribute(&at, attribute, known);
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
        self.words(&format!("{at}.words"), holds, &attribute.words);
    }

    fn words(&mut self, at: &str, holds: Holds, words: &[Word]) {
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
            self.text(&format!("{at}.title"), &word.title);
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
            let at = format!("{at}.as");
            if deemed.counts_as.is_empty() {
                self.wrong(&at, "应写明视同什么，如 { status = \"absent\" }");
            }
            let Some(kind) = self.vocabulary.kind(&deemed.when.kind) else {
                continue;
            };
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
                self.wrong(at, unknown(&format!("{}的属性", kind.title), name, &known));
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
                Holds::Number => "整数，或引号中的小数如 \"0.5\"",
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
