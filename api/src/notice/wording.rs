//! What a notice says: its title and text in the inbox, and the values a template is filled from.

use chrono::{DateTime, Utc};
use domain::notice::NoticePurpose;
use domain::time;
use entity::activity;
use serde_json::{Map, Value, json};

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording {
    /// One line.
    pub title: String,
    /// The text below.
    pub body: String,
    /// By our own names, for [`value`].
    pub fields: Value,
}

/// The names a configured template may take its values from.
pub const NAMES: &[&str] = &[
    "purpose", "title", "time", "venue", "group", "reply_by", "reason", "result", "remark",
];

/// How the date and time stand in a text: `2026年9月24日 15:00`.
pub fn moment(at: DateTime<Utc>) -> String {
    time::local(at).format("%Y年%-m月%-d日 %H:%M").to_string()
}

/// What members are told of `activity`, held by `group`.
pub fn word(
    activity: &activity::Model,
    group: &str,
    purpose: NoticePurpose,
    reason: Option<&str>,
) -> Wording {
    use NoticePurpose as P;
    let (title, venue) = (&activity.title, &activity.venue);
    let (starts, reply_by) = (moment(activity.starts_at), moment(activity.reply_by));
    let said = reason.filter(|reason| !reason.trim().is_empty());
    let (body, remark) = match purpose {
        P::ActivityPublished => (
            format!("{group}定于{starts}在{venue}举行“{title}”，请于{reply_by}前回复是否参加。"),
            "请打开小程序回复是否参加",
        ),
        P::ActivityRescheduled => (
            format!("“{title}”改为{starts}在{venue}举行，请于{reply_by}前重新回复是否参加。"),
            "时间有变，请重新回复",
        ),
        P::ActivityCancelled => (
            format!("原定于{starts}在{venue}举行的“{title}”已取消，请勿前往。"),
            "活动取消，请勿前往",
        ),
        P::ReplyReminder => (
            format!("您尚未回复是否参加{starts}举行的“{title}”，请于{reply_by}前回复。"),
            "您尚未回复，请尽快回复",
        ),
        P::Uninvited => (
            format!("“{title}”改期或变更参加人员后，不再邀请您参加，请勿前往。"),
            "不再邀请，请勿前往",
        ),
        P::CodeOpen => (
            format!("“{title}”现在可以签到，地点：{venue}。"),
            "签到已开始",
        ),
        P::ScoreClosed => (
            format!("“{title}”所在考核期的积分已结账，请打开小程序查看。"),
            "请打开小程序查看",
        ),
        P::EveReminder => (
            format!("“{title}”将于{starts}在{venue}举行，请准时参加。"),
            "请准时参加",
        ),
        P::LeaveDecided => (
            format!("您对“{title}”（{starts}）的请假已有结果。"),
            "请打开小程序查看",
        ),
        P::CorrectionDecided => (
            format!("您对“{title}”（{starts}）的补签申请已有结果。"),
            "请打开小程序查看",
        ),
    };
    let body = match (purpose, said) {
        (_, None) => body,
        (P::ActivityRescheduled | P::ActivityCancelled, Some(said)) => {
            format!("{body}原因：{said}")
        }
        (P::LeaveDecided | P::CorrectionDecided, Some(said)) => format!("{body}结果：{said}"),
        (_, Some(said)) => format!("{body}{said}"),
    };
    let fields = json!({
        "purpose": purpose.zh(),
        "title": title,
        "time": starts,
        "venue": venue,
        "group": group,
        "reply_by": reply_by,
        "reason": said.unwrap_or("无"),
        "result": said.unwrap_or("无"),
        "remark": remark,
    });
    Wording {
        title: format!("{}：{title}", purpose.zh()),
        body,
        fields,
    }
}

/// What members are told of the closing of a period of assessment.
pub fn word_closing(period: &str, at: DateTime<Utc>) -> Wording {
    let purpose = NoticePurpose::ScoreClosed;
    Wording {
        title: format!("积分已结账：{period}"),
        body: format!(
            "{period}的积分已结账。请打开小程序查看本人积分明细；有不同意见的，请向办公室提出。"
        ),
        fields: json!({
            "purpose": purpose.zh(),
            "title": period,
            "time": moment(at),
            "venue": "无",
            "group": "办公室",
            "reply_by": "无",
            "reason": "无",
            "result": "已结账",
            "remark": "请打开小程序查看明细",
        }),
    }
}

/// The value of one of our [`NAMES`] in the fields of a notice.
pub fn value<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or("无")
}

/// Whether somebody who is reached by no channel is to be phoned. How a wish was decided and what
/// his points are can wait until he looks into his inbox; that he can check in now he sees at the
/// door.
pub fn worth_a_call(purpose: NoticePurpose) -> bool {
    !matches!(
        purpose,
        NoticePurpose::LeaveDecided
            | NoticePurpose::CorrectionDecided
            | NoticePurpose::ScoreClosed
            | NoticePurpose::CodeOpen
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
    use domain::ids::{AccountId, ActivityId, CommitteeId, GroupId, TermId};
    use uuid::Uuid;

    fn activity() -> activity::Model {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let starts_at = at("2026-09-24T07:00:00Z");
        activity::Model {
            committee_id: CommitteeId(Uuid::nil()),
            id: ActivityId(Uuid::nil()),
            term_id: TermId(Uuid::nil()),
            group_id: GroupId(Uuid::nil()),
            kind: ActivityKind::Study,
            mode: ActivityMode::AnnualPlan,
            title: "季度学习".to_owned(),
            content: String::new(),
            venue: "城关驿站".to_owned(),
            latitude: None,
            longitude: None,
            radius_m: None,
            starts_at,
            ends_at: at("2026-09-24T09:00:00Z"),
            opens_at: at("2026-09-24T06:30:00Z"),
            closes_at: at("2026-09-24T09:00:00Z"),
            late_after: starts_at,
            reply_by: at("2026-09-23T09:30:00Z"),
            sessions: None,
            min_share_percent: None,
            lead_reason: None,
            audience: json!({}),
            status: ActivityStatus::Published,
            status_reason: None,
            created_by: AccountId(Uuid::nil()),
            submitted_by: None,
            approved_by: None,
            published_at: None,
            closed_at: None,
            version: 1,
            created_at: starts_at,
            updated_at: starts_at,
        }
    }

    #[test]
    fn a_notice_names_group_time_and_place() {
        let wording = word(
            &activity(),
            "城关组",
            NoticePurpose::ActivityPublished,
            None,
        );

        assert_eq!(wording.title, "活动通知：季度学习");
        assert_eq!(
            wording.body,
            "城关组定于2026年9月24日 15:00在城关驿站举行“季度学习”，请于2026年9月23日 17:30前回复是否参加。"
        );
    }

    #[test]
    fn every_purpose_says_why_and_fills_every_name() {
        for &purpose in NoticePurpose::ALL {
            let wording = word(&activity(), "城关组", purpose, Some("大雨"));
            assert!(wording.body.contains("大雨"), "{purpose}");
            let fields = wording.fields.as_object().unwrap();
            for name in NAMES {
                assert!(fields[*name].is_string(), "{name}");
            }
            assert!(wechat::values::check("time1", value(fields, "time")).is_ok());
        }
    }
}
