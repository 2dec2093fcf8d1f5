//! The usual kinds of fact: what a committee records whatever its rules.

use super::{Attribute, Holds, Kind, Word};
use crate::activity::ActivityKind;
use crate::attendance::AttendanceStatus;
use crate::leave::LeaveReason;

/// The kinds that every rulebook knows.
pub(super) fn kinds() -> Vec<Kind> {
    [attendance(), written_work(), service(), findings()].concat()
}

const LEVELS: &[(&str, &str)] = &[
    ("district", "县（市、区）级"),
    ("city", "市级"),
    ("province", "省级"),
    ("national", "国家级"),
];

/// What becomes of an invitation.
fn attendance() -> Vec<Kind> {
    let organisers = &[
        ("committee", "政协"),
        ("special_committee", "专委会"),
        ("sector", "界别"),
        ("group", "活动组"),
        ("department", "党政部门"),
        ("higher", "上级政协"),
    ];
    let attributes = vec![
        all_words("activity", "活动类型", ActivityKind::ALL, |word| {
            (word.as_str(), word.zh())
        }),
        all_words("status", "出席情况", AttendanceStatus::ALL, |word| {
            (word.as_str(), word.zh())
        }),
        all_words("reason", "请假事由", LeaveReason::ALL, |word| {
            (word.as_str(), word.zh())
        }),
        one_of("organiser", "组织方", organisers),
        number("sessions_attended", "出席场次（半天）"),
        number("sessions_total", "应到场次（半天）"),
        number("share", "参加时长占比"),
    ];
    vec![kind("attendance", "出席", attributes)]
}

/// What members write, alone or with others.
fn written_work() -> Vec<Kind> {
    let signed = |rest: Vec<Attribute>| {
        let forms = &[
            ("individual", "个人"),
            ("joint", "联名"),
            ("collective", "集体"),
        ];
        let roles = &[
            ("first", "第一提交人"),
            ("signer", "联名人"),
            ("lead", "牵头执笔"),
            ("participant", "参与"),
        ];
        let shared = vec![
            one_of("form", "形式", forms),
            one_of("role", "身份", roles),
            number("signers", "署名人数"),
            number("place", "署名次序"),
        ];
        [shared, rest].concat()
    };
    let stages = &[
        ("submitted", "已提交"),
        ("filed", "立案"),
        ("not_filed", "不予立案"),
        ("converted", "转为社情民意"),
        ("key", "重点提案"),
        ("excellent", "优秀提案"),
    ];
    let report = vec![
        flag("adopted", "采用"),
        some_of("level", "采用层级", LEVELS),
        some_of("instructed", "批示层级", LEVELS),
    ];
    let material = vec![
        flag("adopted", "采用"),
        some_of("level", "采用层级", LEVELS),
    ];
    let speech = vec![
        one_of("form", "形式", &[("written", "书面"), ("oral", "口头")]),
        all_words("occasion", "场合", ActivityKind::ALL, |word| {
            (word.as_str(), word.zh())
        }),
        flag("accepted", "采纳"),
    ];
    vec![
        kind(
            "proposal",
            "提案",
            signed(vec![some_of("stage", "办理阶段", stages)]),
        ),
        kind("opinion_report", "社情民意信息", signed(report)),
        kind("history_material", "文史资料", signed(material)),
        kind("speech", "发言", speech),
        kind(
            "article",
            "文章",
            vec![some_of("level", "刊发层级", LEVELS)],
        ),
    ]
}

/// What members do for others and for themselves.
fn service() -> Vec<Kind> {
    let targets = &[
        ("village", "村（社区）"),
        ("enterprise", "企业"),
        ("household", "困难户"),
        ("sector_people", "界别群众"),
    ];
    let forms = &[
        ("notebook", "学习笔记"),
        ("essay", "心得体会"),
        ("training", "培训"),
        ("course", "课程"),
    ];
    let study = vec![
        one_of("form", "形式", forms),
        one_of(
            "extent",
            "完成情况",
            &[("full", "全程"), ("partial", "部分")],
        ),
    ];
    vec![
        kind(
            "contact_log",
            "联系界别群众",
            vec![one_of("target", "联系对象", targets)],
        ),
        kind("good_deed", "办实事好事", vec![number("value", "数额")]),
        kind("study", "学习", study),
    ]
}

/// What others find of members and of groups.
fn findings() -> Vec<Kind> {
    let findings = &[
        ("criticism", "通报批评"),
        ("discipline", "党纪政务处分"),
        ("crime", "违法犯罪"),
        ("integrity", "失信或道德失范"),
        ("no_report", "拒不述职"),
        ("other", "其他"),
    ];
    let document = || text("document", "依据文件");
    let scored = || vec![text("item", "项目"), number("value", "分值")];
    vec![
        kind("award", "表彰奖励", vec![some_of("level", "层级", LEVELS)]),
        kind("score", "外部评分", scored()),
        kind(
            "conduct",
            "行为认定",
            vec![one_of("finding", "认定", findings), document()],
        ),
        kind("exemption", "免予考核", vec![document()]),
        kind("group_work", "活动组工作", scored()),
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
