//! The words that facts are told in: kinds, their attributes, and the words of an attribute.
//!
//! The usual kinds are here; a rulebook adds its committee's own. A fact, or a rulebook, that
//! says something else is reported.

use std::collections::BTreeMap;

use crate::activity::ActivityKind;
use crate::attendance::AttendanceStatus;
use crate::leave::LeaveReason;

/// A kind of fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Kind {
    /// Its stable name, such as `proposal`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it tells of a fact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// What a kind tells of a fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Attribute {
    /// Its stable name, such as `stage`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it holds; one of the words unless told.
    #[serde(default = "word", rename = "type", skip_serializing_if = "is_word")]
    pub holds: Holds,
    /// The words it can have, of an attribute that holds words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// A word with its name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Word {
    /// The word.
    pub key: String,
    /// What people call it.
    pub title: String,
}

words! {
    /// What an attribute holds.
    Holds {
        Word = "word" "词";
        Words = "words" "多个词";
        Number = "number" "数";
        Flag = "flag" "是否";
        Text = "text" "文字";
    }
}

const fn word() -> Holds {
    Holds::Word
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_word(holds: &Holds) -> bool {
    *holds == Holds::Word
}

/// Every kind that is known: the usual ones and those of a rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    kinds: BTreeMap<String, Kind>,
}

impl Vocabulary {
    /// The usual kinds.
    pub fn usual() -> Self {
        let kinds = usual_kinds();
        Self {
            kinds: kinds
                .into_iter()
                .map(|kind| (kind.key.clone(), kind))
                .collect(),
        }
    }

    /// The usual kinds and these. A kind of the same name gets these attributes and words added.
    #[must_use]
    pub fn with(mut self, kinds: &[Kind]) -> Self {
        for kind in kinds {
            match self.kinds.get_mut(&kind.key) {
                Some(known) => known.add(kind),
                None => {
                    self.kinds.insert(kind.key.clone(), kind.clone());
                }
            }
        }
        self
    }

    /// The kind of this name.
    pub fn kind(&self, key: &str) -> Option<&Kind> {
        self.kinds.get(key)
    }

    /// Every kind, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    /// What people call a word; the word itself where nobody knows it.
    pub fn title<'a>(&'a self, kind: &str, attribute: &str, word: &'a str) -> &'a str {
        self.kind(kind)
            .and_then(|kind| kind.attribute(attribute))
            .and_then(|attribute| attribute.words.iter().find(|known| known.key == word))
            .map_or(word, |known| &known.title)
    }
}

impl Kind {
    /// The attribute of this name.
    pub fn attribute(&self, key: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.key == key)
    }

    fn add(&mut self, other: &Self) {
        for attribute in &other.attributes {
            let known = self
                .attributes
                .iter_mut()
                .find(|known| known.key == attribute.key);
            match known {
                Some(known) => {
                    for word in &attribute.words {
                        if known.words.iter().all(|old| old.key != word.key) {
                            known.words.push(word.clone());
                        }
                    }
                }
                None => self.attributes.push(attribute.clone()),
            }
        }
    }
}

fn usual_kinds() -> Vec<Kind> {
    let shared = || {
        vec![
            one_of(
                "form",
                "形式",
                &[
                    ("individual", "个人"),
                    ("joint", "联名"),
                    ("collective", "集体"),
                ],
            ),
            one_of(
                "role",
                "身份",
                &[
                    ("first", "第一提交人"),
                    ("signer", "联名人"),
                    ("lead", "牵头执笔"),
                    ("participant", "参与"),
                ],
            ),
            number("signers", "署名人数"),
            number("place", "署名次序"),
        ]
    };
    let levels: &[(&str, &str)] = &[
        ("district", "县（市、区）级"),
        ("city", "市级"),
        ("province", "省级"),
        ("national", "国家级"),
    ];
    vec![
        kind(
            "attendance",
            "出席",
            vec![
                all_words("activity", "活动类型", ActivityKind::ALL, |word| {
                    (word.as_str(), word.zh())
                }),
                all_words("status", "出席情况", AttendanceStatus::ALL, |word| {
                    (word.as_str(), word.zh())
                }),
                all_words("reason", "请假事由", LeaveReason::ALL, |word| {
                    (word.as_str(), word.zh())
                }),
                one_of(
                    "organiser",
                    "组织方",
                    &[
                        ("committee", "政协"),
                        ("special_committee", "专委会"),
                        ("sector", "界别"),
                        ("group", "活动组"),
                        ("department", "党政部门"),
                        ("higher", "上级政协"),
                    ],
                ),
                number("sessions_attended", "出席场次（半天）"),
                number("sessions_total", "应到场次（半天）"),
                number("share", "参加时长占比"),
            ],
        ),
        kind(
            "proposal",
            "提案",
            [
                shared(),
                vec![some_of(
                    "stage",
                    "办理阶段",
                    &[
                        ("submitted", "已提交"),
                        ("filed", "立案"),
                        ("not_filed", "不予立案"),
                        ("converted", "转为社情民意"),
                        ("key", "重点提案"),
                        ("excellent", "优秀提案"),
                    ],
                )],
            ]
            .concat(),
        ),
        kind(
            "opinion_report",
            "社情民意信息",
            [
                shared(),
                vec![
                    flag("adopted", "采用"),
                    some_of("level", "采用层级", levels),
                    some_of("instructed", "批示层级", levels),
                ],
            ]
            .concat(),
        ),
        kind(
            "history_material",
            "文史资料",
            [
                shared(),
                vec![
                    flag("adopted", "采用"),
                    some_of("level", "采用层级", levels),
                ],
            ]
            .concat(),
        ),
        kind(
            "contact_log",
            "联系界别群众",
            vec![one_of(
                "target",
                "联系对象",
                &[
                    ("village", "村（社区）"),
                    ("enterprise", "企业"),
                    ("household", "困难户"),
                    ("sector_people", "界别群众"),
                ],
            )],
        ),
        kind("good_deed", "办实事好事", vec![number("value", "数额")]),
        kind(
            "speech",
            "发言",
            vec![
                one_of("form", "形式", &[("written", "书面"), ("oral", "口头")]),
                all_words("occasion", "场合", ActivityKind::ALL, |word| {
                    (word.as_str(), word.zh())
                }),
                flag("accepted", "采纳"),
            ],
        ),
        kind("award", "表彰奖励", vec![some_of("level", "层级", levels)]),
        kind(
            "article",
            "文章",
            vec![some_of("level", "刊发层级", levels)],
        ),
        kind(
            "study",
            "学习",
            vec![
                one_of(
                    "form",
                    "形式",
                    &[
                        ("notebook", "学习笔记"),
                        ("essay", "心得体会"),
                        ("training", "培训"),
                        ("course", "课程"),
                    ],
                ),
                one_of(
                    "extent",
                    "完成情况",
                    &[("full", "全程"), ("partial", "部分")],
                ),
            ],
        ),
        kind(
            "score",
            "外部评分",
            vec![text("item", "项目"), number("value", "分值")],
        ),
        kind(
            "conduct",
            "行为认定",
            vec![
                one_of(
                    "finding",
                    "认定",
                    &[
                        ("criticism", "通报批评"),
                        ("discipline", "党纪政务处分"),
                        ("crime", "违法犯罪"),
                        ("integrity", "失信或道德失范"),
                        ("no_report", "拒不述职"),
                        ("other", "其他"),
                    ],
                ),
                text("document", "依据文件"),
            ],
        ),
        kind("exemption", "免予考核", vec![text("document", "依据文件")]),
        kind(
            "group_work",
            "活动组工作",
            vec![text("item", "项目"), number("value", "分值")],
        ),
    ]
}

fn kind(key: &str, title: &str, attributes: Vec<Attribute>) -> Kind {
    Kind {
        key: key.to_owned(),
        title: title.to_owned(),
        attributes,
    }
}

fn attribute(key: &str, title: &str, holds: Holds, words: &[(&str, &str)]) -> Attribute {
    Attribute {
        key: key.to_owned(),
        title: title.to_owned(),
        holds,
        words: words
            .iter()
            .map(|(key, title)| Word {
                key: (*key).to_owned(),
                title: (*title).to_owned(),
            })
            .collect(),
    }
}

fn one_of(key: &str, title: &str, words: &[(&str, &str)]) -> Attribute {
    attribute(key, title, Holds::Word, words)
}

fn some_of(key: &str, title: &str, words: &[(&str, &str)]) -> Attribute {
    attribute(key, title, Holds::Words, words)
}

fn all_words<T: Copy>(
    key: &str,
    title: &str,
    all: &[T],
    word: impl Fn(T) -> (&'static str, &'static str),
) -> Attribute {
    let words: Vec<_> = all.iter().map(|one| word(*one)).collect();
    attribute(key, title, Holds::Word, &words)
}

fn number(key: &str, title: &str) -> Attribute {
    attribute(key, title, Holds::Number, &[])
}

fn flag(key: &str, title: &str) -> Attribute {
    attribute(key, title, Holds::Flag, &[])
}

fn text(key: &str, title: &str) -> Attribute {
    attribute(key, title, Holds::Text, &[])
}
