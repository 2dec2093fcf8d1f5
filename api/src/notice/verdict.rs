//! What WeChat's answer to a send means for the message and for the account.

use chrono::{DateTime, TimeDelta, Utc};
use domain::notice::delivery::Answer;
use domain::notice::pause::{Cause, Stop};
use wechat::error::{Endpoint, class_of};
use wechat::{ApiError, Class, Error};

/// WeChat's refusal, as far as it concerns more than the one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// WeChat's code, where it gave one.
    pub code: Option<i64>,
    /// What it said, without anything personal.
    pub message: String,
    /// WeChat's number of the request.
    pub rid: Option<String>,
    /// Our address as WeChat saw it.
    pub seen_ip: Option<String>,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// For the message.
    pub answer: Answer,
    /// What WeChat said, if it refused.
    pub refusal: Option<Refusal>,
}

impl Heard {
    /// Without WeChat having been asked.
    pub fn unasked(answer: Answer) -> Self {
        Self {
            answer,
            refusal: None,
        }
    }

    /// The code by which WeChat refuses this recipient for good, to be remembered of him.
    pub fn lasting_refusal(&self) -> Option<i32> {
        let refused = matches!(
            self.answer,
            Answer::Refused(_) | Answer::NoRecipient(Some(false))
        );
        let code = self.refusal.as_ref().filter(|_| refused)?.code?;
        let lasting = class_of(Endpoint::TemplateSend, code) == Class::RecipientLasting;
        i32::try_from(code).ok().filter(|_| lasting)
    }

    /// Whether the recipient has agreed to no more messages (43101).
    pub fn out_of_credit(&self) -> bool {
        self.refusal
            .as_ref()
            .is_some_and(|refusal| refusal.code == Some(NO_CREDIT))
    }

    /// Whether the refusal is about one template and not about the account.
    pub fn is_about_template(&self) -> bool {
        self.refusal
            .as_ref()
            .and_then(|refusal| refusal.code)
            .is_some_and(|code| ABOUT_TEMPLATE.contains(&code))
    }
}

/// WeChat knows no such recipient, which it says of some who are there (WxJava#710).
pub const NO_RECIPIENT: i64 = 40003;
const NO_CREDIT: i64 = 43101;
/// Said of good templates now and then.
const NO_TEMPLATE: i64 = 40037;
/// Unknown, malformed, without the ability, banned.
const ABOUT_TEMPLATE: [i64; 4] = [NO_TEMPLATE, 40036, 43107, 43116];

/// What follows from WeChat's answer to a send. `Ok` holds the number of the message where WeChat
/// gave one.
pub fn judge(answer: &Result<Option<i64>, Error>, now: DateTime<Utc>) -> Heard {
    let error = match answer {
        Ok(msg_id) => return Heard::unasked(Answer::Taken(*msg_id)),
        Err(error) => error,
    };
    Heard {
        answer: meaning(error, now),
        refusal: Some(refusal(error)),
    }
}

fn refusal(error: &Error) -> Refusal {
    match error {
        Error::Api(api) => Refusal {
            code: Some(api.code),
            message: api.message.clone(),
            rid: api.rid.clone(),
            seen_ip: api.seen_ip.map(|address| address.to_string()),
        },
        other => Refusal {
            code: None,
            message: other.to_string(),
            rid: None,
            seen_ip: None,
        },
    }
}

fn meaning(error: &Error, now: DateTime<Utc>) -> Answer {
    if error.may_have_taken_effect() {
        return Answer::Lost;
    }
    match error {
        Error::Api(refusal) => refused(refusal, now),
        Error::CircuitOpen { until } => Answer::Stopped(Stop {
            cause: Cause::Token,
            until: Some(*until),
        }),
        // Said by whatever stands between us and WeChat, of a connection and not of the message.
        Error::Rejected {
            status: 408 | 429, ..
        } => Answer::Lost,
        Error::Rejected { status, .. } => Answer::Unsendable(format!("http_{status}")),
        Error::NotSent { .. } | Error::Setup(_) => Answer::NotSent,
        // What this build cannot place may have been sent.
        _ => Answer::Lost,
    }
}

fn refused(refusal: &ApiError, now: DateTime<Utc>) -> Answer {
    let reason = || format!("wechat_{}", refusal.code);
    let stopped = |cause| Answer::Stopped(Stop { cause, until: None });
    match (refusal.class, refusal.code) {
        (_, NO_RECIPIENT) => Answer::NoRecipient(None),
        (_, NO_TEMPLATE) => stopped(Cause::Template),
        (Class::Config, _) => stopped(Cause::Configuration),
        // The client has fetched a fresh token and tried once more.
        (Class::Token, _) => Answer::Stopped(Stop {
            cause: Cause::Token,
            until: Some(now + TimeDelta::minutes(1)),
        }),
        (Class::MinuteQuota, _) => Answer::Stopped(Stop::minute(now)),
        (Class::DayQuota, _) => Answer::Stopped(Stop::day(now)),
        (Class::Serialise, _) => Answer::Serialise,
        (Class::Transient | Class::Unknown, _) => Answer::NotSent,
        (Class::RecipientLasting | Class::RecipientSituational, _) => Answer::Refused(reason()),
        (Class::Pending | Class::Duplicate, _) => Answer::Taken(None),
        (Class::OneTimeCode | Class::Session | Class::Data | Class::Content | Class::Bug, _) => {
            Answer::Unsendable(reason())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat::error::Cause as Broken;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn heard(code: i64) -> Heard {
        let error = Error::Api(ApiError::new(Endpoint::TemplateSend, code, ""));
        judge(&Err(error), at("2026-09-24T07:00:00Z"))
    }

    #[test]
    fn a_lost_answer_is_doubt_and_a_failed_connection_is_none() {
        let endpoint = Endpoint::TemplateSend;
        let now = at("2026-09-24T07:00:00Z");
        let cause = Broken::TimedOut;
        let lost = Error::Ambiguous {
            endpoint,
            cause: cause.clone(),
        };
        let not_sent = Error::NotSent { endpoint, cause };
        let rejected = |status| judge(&Err(Error::Rejected { endpoint, status }), now).answer;

        assert_eq!(judge(&Err(lost), now).answer, Answer::Lost);
        assert_eq!(judge(&Err(not_sent), now).answer, Answer::NotSent);
        assert_eq!(rejected(408), Answer::Lost);
        assert_eq!(rejected(412), Answer::Unsendable("http_412".to_owned()));
        assert_eq!(heard(-1).answer, Answer::Lost);
        assert_eq!(heard(-77_777).answer, Answer::Lost);
    }

    #[test]
    fn each_kind_of_refusal_means_something_else() {
        let refused = |code: i64| Answer::Refused(format!("wechat_{code}"));
        let stopped = |cause| Answer::Stopped(Stop { cause, until: None });

        assert_eq!(heard(43004).answer, refused(43004));
        assert_eq!(heard(43004).lasting_refusal(), Some(43004));
        assert_eq!(heard(43117).answer, refused(43117));
        assert_eq!(heard(43117).lasting_refusal(), None);
        assert_eq!(heard(43101).answer, refused(43101));
        assert!(heard(43101).out_of_credit());
        assert_eq!(
            heard(47003).answer,
            Answer::Unsendable("wechat_47003".to_owned())
        );
        assert_eq!(heard(40037).answer, stopped(Cause::Template));
        assert!(heard(40037).is_about_template());
        assert_eq!(heard(48001).answer, stopped(Cause::Configuration));
        assert!(!heard(48001).is_about_template());
        assert_eq!(heard(43108).answer, Answer::Serialise);
        assert_eq!(heard(45065).answer, Answer::Taken(None));
        assert_eq!(heard(40252).answer, Answer::Taken(None));
        assert_eq!(heard(40003).answer, Answer::NoRecipient(None));
    }
}
