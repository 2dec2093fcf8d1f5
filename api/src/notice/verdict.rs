//! What WeChat's answer to a send means for the message.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use domain::time;
use wechat::{Class, Error};

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// WeChat took it, and names it unless it knew it already.
    Accepted(Option<i64>),
    /// It certainly was not sent, and may be tried again.
    NotSent,
    /// It was not sent, and the account sends nothing before this.
    Paused(DateTime<Utc>),
    /// It may have been sent.
    Doubtful,
    /// This follower is not reached by this account any more.
    Gone(Option<i32>),
    /// This message will never be sent.
    Failed(String),
    /// The account cannot send; an operator must look.
    Broken(String),
}

/// What follows from WeChat's answer to a send.
pub fn judge(answer: &Result<i64, Error>, now: DateTime<Utc>) -> Verdict {
    let error = match answer {
        Ok(msg_id) => return Verdict::Accepted(Some(*msg_id)),
        Err(error) => error,
    };
    if error.may_have_taken_effect() {
        return Verdict::Doubtful;
    }
    let refusal = match error {
        Error::Api(refusal) => refusal,
        Error::CircuitOpen { until } => return Verdict::Paused(*until),
        Error::Rejected { status, .. } => return Verdict::Failed(format!("http_{status}")),
        Error::NotSent { .. } | Error::Setup(_) => return Verdict::NotSent,
        // What this build cannot place may have been sent.
        _ => return Verdict::Doubtful,
    };
    let reason = format!("wechat_{}", refusal.code);
    match refusal.class {
        Class::Token | Class::Transient | Class::Serialise | Class::Unknown => Verdict::NotSent,
        Class::MinuteQuota => Verdict::Paused(now + TimeDelta::minutes(1)),
        Class::DayQuota => Verdict::Paused(next_midnight(now)),
        Class::RecipientLasting => Verdict::Gone(i32::try_from(refusal.code).ok()),
        Class::Config => Verdict::Broken(reason),
        Class::Pending | Class::Duplicate => Verdict::Accepted(None),
        Class::RecipientSituational
        | Class::OneTimeCode
        | Class::Session
        | Class::Data
        | Class::Content
        | Class::Bug => Verdict::Failed(reason),
    }
}

/// Daily quotas begin anew at midnight in Beijing.
fn next_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    time::instant(time::local_date(now) + Days::new(1), NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat::ApiError;
    use wechat::error::{Cause, Endpoint};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn refused(code: i64) -> Verdict {
        judge(
            &Err(Error::Api(ApiError::new(Endpoint::TemplateSend, code, ""))),
            at("2026-09-24T07:00:00Z"),
        )
    }

    #[test]
    fn a_lost_answer_is_doubt_and_a_failed_connection_is_none() {
        let endpoint = Endpoint::TemplateSend;
        let now = at("2026-09-24T07:00:00Z");

        assert_eq!(
            judge(
                &Err(Error::Ambiguous {
                    endpoint,
                    cause: Cause::TimedOut
                }),
                now
            ),
            Verdict::Doubtful
        );
        assert_eq!(
            judge(
                &Err(Error::NotSent {
                    endpoint,
                    cause: Cause::TimedOut
                }),
                now
            ),
            Verdict::NotSent
        );
        assert_eq!(refused(-1), Verdict::Doubtful);
        assert_eq!(refused(-77_777), Verdict::Doubtful);
    }

    #[test]
    fn what_the_recipient_refuses_is_not_tried_again_and_what_the_account_lacks_is_told_to_the_operator()
     {
        assert_eq!(refused(43004), Verdict::Gone(Some(43004)));
        assert_eq!(refused(47003), Verdict::Failed("wechat_47003".to_owned()));
        assert_eq!(refused(40037), Verdict::Broken("wechat_40037".to_owned()));
        assert_eq!(refused(45065), Verdict::Accepted(None));
    }

    #[test]
    fn a_daily_quota_lasts_until_midnight_in_beijing() {
        assert_eq!(refused(45009), Verdict::Paused(at("2026-09-24T16:00:00Z")));
        assert_eq!(refused(45011), Verdict::Paused(at("2026-09-24T07:01:00Z")));
    }
}
