//! Whether the parts hang together: known, without circles, each for one kind of subject.

use std::collections::BTreeSet;

use super::super::rulebook::Part;
use super::suggest::unknown;
use super::{Check, TOTAL, Whose};

impl<'a> Check<'a> {
    pub(super) fn parts(&mut self, seen: &mut BTreeSet<&'a str>) {
        for (index, part) in self.book.parts.iter().enumerate() {
            let at = format!("parts[{index}]");
            self.key_of_points(&format!("{at}.key"), &part.key, seen);
            self.goes_into(&at, index, part);
            self.text(&format!("{at}.clause"), &part.clause);
            self.text(&format!("{at}.title"), &part.title);
            self.optional_text(&format!("{at}.text"), part.text.as_deref());
            self.optional_text(&format!("{at}.choice"), part.choice.as_deref());
            self.traits(&format!("{at}.when"), &part.when, Whose::Of(part.subject));
            self.limits(&at, part.start, part.floor, part.cap);
        }
    }

    /// Parts and rules share their names, so that `points = "…"` means one of them.
    pub(super) fn key_of_points(&mut self, at: &str, key: &'a str, seen: &mut BTreeSet<&'a str>) {
        self.key(at, key);
        if key == TOTAL {
            self.wrong(at, "total 专指总分，请换一个名称");
        } else if !seen.insert(key) {
            self.wrong(
                at,
                format!("名称 {key} 用了两次；部分与条款共用一套名称，每个名称只能用一次"),
            );
        }
    }

    fn goes_into(&mut self, at: &str, index: usize, part: &Part) {
        let Some(into) = part.part.as_ref().filter(|into| *into != TOTAL) else {
            return;
        };
        let at = format!("{at}.part");
        let Some(parent) = self.book.parts.iter().find(|parent| parent.key == *into) else {
            let others = self.book.parts.iter().filter(|other| other.key != part.key);
            let known: Vec<_> = others
                .map(|other| (other.key.as_str(), other.title.as_str()))
                .collect();
            return self.wrong(at, unknown("部分", into, &known));
        };
        if parent.subject != part.subject {
            self.wrong(
                &at,
                format!(
                    "{} 考核{}，不能计入考核{}的 {into}",
                    part.key,
                    part.subject.zh(),
                    parent.subject.zh()
                ),
            );
        }
        if let Some(circle) = self.circle(index) {
            self.wrong(
                &at,
                format!("各部分绕成一圈，计不出总分：{}", circle.join(" → ")),
            );
        }
    }

    /// The keys from a part through those it goes into, back to itself; told once, at the first
    /// part of the circle.
    fn circle(&self, index: usize) -> Option<Vec<&'a str>> {
        let parts = &self.book.parts;
        let mut keys = vec![parts[index].key.as_str()];
        let mut here = index;
        while keys.len() <= parts.len() {
            let into = parts[here].part.as_ref()?;
            here = parts.iter().position(|part| part.key == *into)?;
            keys.push(into);
            if here == index {
                return Some(keys);
            }
            if here < index {
                return None;
            }
        }
        None
    }
}
