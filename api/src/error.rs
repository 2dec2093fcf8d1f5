//! What the service says when it cannot do what was asked: RFC 9457 problems with stable codes.
//!
//! The only place that knows both HTTP and our refusals. The client matches on `code`, the member
//! reads `detail`, the operator reads the log, once, here.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use domain::authority::Role;
use sea_orm::{DbErr, SqlErr};
use serde::Serialize;

/// What a service function or a handler answers.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

macro_rules! codes {
    ($($name:ident $status:literal $word:literal $title:literal;)+) => {
        /// Every way the service refuses, by a code that is never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)+ }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable spelling.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $word,)+ } }

            /// What a person reads as the title.
            pub const fn title(self) -> &'static str { match self { $(Self::$name => $title,)+ } }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 { match self { $(Self::$name => $status,)+ } }
        }
    };
}

codes! {
    MalformedRequest 400 "malformed_request" "请求格式不正确";
    UnknownParameter 400 "unknown_parameter" "查询参数不正确";
    Unauthenticated 401 "unauthenticated" "请先登录";
    TokenExpired 401 "token_expired" "登录已过期，请重新登录";
    InvalidCredentials 401 "invalid_credentials" "账号、密码或动态口令不正确";
    TotpRequired 401 "totp_required" "请输入动态口令";
    RefreshRejected 401 "refresh_rejected" "登录已失效，请重新登录";
    WechatCodeInvalid 401 "wechat_code_invalid" "微信登录凭证无效或已使用，请重试";
    Forbidden 403 "forbidden" "没有权限";
    SecondPersonRequired 403 "second_person_required" "须由另一人办理";
    DeclarerOnly 403 "declarer_only" "只有填报人和委员本人可以修改";
    ContentHidden 403 "content_hidden" "内容暂不能查看";
    NotFound 404 "not_found" "内容不存在";
    MethodNotAllowed 405 "method_not_allowed" "不支持该操作";
    RequestTimeout 408 "request_timeout" "上传超时，请检查网络后重试";
    Conflict 409 "conflict" "当前状态不允许该操作";
    WrongStep 409 "wrong_step" "当前状态不允许该操作";
    NotBound 409 "not_bound" "微信尚未绑定委员身份";
    AlreadyBound 409 "already_bound" "本微信已绑定委员身份";
    BindingPending 409 "binding_pending" "绑定申请已提交，请等待办公室处理";
    IdempotencyInProgress 409 "idempotency_in_progress" "同一请求正在处理，请稍后";
    MaySendTwice 409 "may_send_twice" "上次发送结果不明，重新发送可能收到两次";
    CheckinTooEarly 409 "checkin_too_early" "签到尚未开始";
    CheckinTooLate 409 "checkin_too_late" "签到已经结束";
    CheckinNotOpen 409 "checkin_not_open" "活动未发布或已结束，不能签到";
    NotInvited 409 "not_invited" "您不在本次活动的参加名单中";
    NotCheckedIn 409 "not_checked_in" "尚未签到，不能签退";
    ReplyClosed 409 "reply_closed" "活动已开始或已结束，不能再回复";
    LeaveAlreadyAsked 409 "leave_already_asked" "已提交过请假申请";
    CorrectionClosed 409 "correction_closed" "已超过补签申请期限";
    CorrectionPending 409 "correction_pending" "已有补签申请等待审批";
    ReferenceTaken 409 "reference_taken" "该编号已用于另一件事项";
    ImportHasErrors 409 "import_has_errors" "文件中有错误，不能导入";
    ImportAlreadyApplied 409 "import_already_applied" "该文件已导入";
    ImportOutdated 409 "import_outdated" "预览之后数据已变化，请重新上传";
    RulebookExists 409 "rulebook_exists" "该版考核办法已经存在";
    PlanExists 409 "plan_exists" "本组该年度已有计划";
    PlansIncomplete 409 "plans_incomplete" "还有活动组的年度计划未汇总";
    DuplicatePhone 409 "duplicate_phone" "手机号已存在";
    DuplicateUsername 409 "duplicate_username" "账号已存在";
    PeriodClosed 409 "period_closed" "该考核期已结账";
    PeriodExists 409 "period_exists" "已有同名或日期重叠的考核期";
    ClosingBlocked 409 "closing_blocked" "结账前还有未办结的事项";
    LedgerMoved 409 "ledger_moved" "办理期间有新的记录，请重新办理";
    ReviewExists 409 "review_exists" "该考核期已有这项评议";
    ReviewStale 409 "review_stale" "评议所依据的结果已变化";
    ReviewProvisional 409 "review_provisional" "考核期尚未结账";
    PlacesFull 409 "places_full" "名额已满";
    TiesOpen 409 "ties_open" "并列人员尚未研究确定";
    PublicationOpen 409 "publication_open" "公示期未满";
    PublicationClosed 409 "publication_closed" "不在公示期内";
    ObjectionsOpen 409 "objections_open" "还有异议未答复";
    FollowerTaken 409 "follower_taken" "该微信在此公众号已关联其他委员";
    WechatRefused 409 "wechat_refused" "微信没有接受";
    CalendarUnconfirmed 409 "calendar_unconfirmed" "节假日安排尚未公布";
    PreconditionFailed 412 "precondition_failed" "内容已被他人修改，请刷新后重试";
    PayloadTooLarge 413 "payload_too_large" "上传内容过大";
    UnsupportedMediaType 415 "unsupported_media_type" "不支持的内容类型";
    ValidationFailed 422 "validation_failed" "填写内容有误";
    IdempotencyKeyReused 422 "idempotency_key_reused" "该请求编号已用于其他内容";
    CodeInvalid 422 "code_invalid" "签到码不正确";
    CodeExpired 422 "code_expired" "签到码已失效，请输入屏幕上的最新签到码";
    CodeFromFuture 422 "code_from_future" "签到码时间不正确";
    OfflineTooOld 422 "offline_too_old" "离线签到已超过补传期限";
    LocationRequired 422 "location_required" "本活动签到需要位置信息";
    LocationInvalid 422 "location_invalid" "位置信息不正确";
    LocationTooFar 422 "location_too_far" "您不在活动地点附近";
    PhoneUnverified 422 "phone_unverified" "无法核对手机号，请联系办公室";
    InviteCodeInvalid 422 "invite_code_invalid" "邀请码不正确或已失效";
    LinkTokenInvalid 422 "link_token_invalid" "绑定链接不正确或已失效，请在公众号中回复“绑定”重新获取";
    FileUnreadable 422 "file_unreadable" "无法读取该文件";
    TermMissing 422 "term_missing" "没有覆盖该日期的届次";
    RateLimited 429 "rate_limited" "操作过于频繁，请稍后再试";
    AccountLocked 429 "account_locked" "密码错误次数过多，请稍后再试";
    Internal 500 "internal" "系统出错，请稍后再试";
    Unavailable 503 "unavailable" "系统繁忙，请稍后再试";
    DeadlineExceeded 503 "deadline_exceeded" "处理超时，请稍后再试";
    WechatUnavailable 503 "wechat_unavailable" "微信服务暂时不可用，请稍后再试";
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer to the field, or the name of a column or parameter.
    pub pointer: String,
    /// Stable word.
    pub code: &'static str,
    /// What was expected, in Chinese.
    pub message: String,
}

/// A refusal on its way to the client.
#[derive(Debug)]
pub struct ApiError {
    /// Which refusal.
    pub code: Code,
    /// What the person reads; the title alone where nothing more is to be said.
    pub detail: Cow<'static, str>,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
    /// Seconds after which asking again makes sense.
    pub retry_after: Option<u64>,
    /// What only the operator sees.
    pub cause: Option<anyhow::Error>,
}

/// An RFC 9457 problem (`application/problem+json`).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI that names the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in Chinese, the same for every occurrence.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, in Chinese.
    pub detail: String,
    /// The stable code clients match on.
    pub code: &'static str,
    /// Names this request in the log.
    pub trace_id: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl ApiError {
    /// A refusal with nothing to add to its title.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: code.title().into(),
            errors: Vec::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// A refusal with a sentence for the person.
    pub fn with(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            detail: detail.into(),
            ..Self::new(code)
        }
    }

    /// One field is wrong.
    pub fn field(
        pointer: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let errors = vec![FieldError {
            pointer: pointer.into(),
            code,
            message: message.into(),
        }];
        Self {
            errors,
            ..Self::new(Code::ValidationFailed)
        }
    }

    /// Several fields are wrong.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(Code::ValidationFailed)
        }
    }

    /// No such thing, or none that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// The caller is known and lacks every one of these seats.
    pub fn forbidden(roles: impl Iterator<Item = Role>) -> Self {
        let names: Vec<_> = roles.map(Role::zh).collect();
        Self::with(
            Code::Forbidden,
            format!("此操作需要以下身份之一：{}", names.join("、")),
        )
    }

    /// Something that should not happen happened; the operator reads why.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(Code::Internal)
        }
    }

    /// A part we depend on does not answer; asking again helps.
    pub fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        Self {
            cause: Some(cause.into()),
            retry_after: Some(1),
            ..Self::new(Code::Unavailable)
        }
    }

    /// Too many requests of one kind.
    pub fn rate_limited(retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(Code::RateLimited)
        }
    }

    /// The problem document of this refusal.
    pub fn problem(&self, trace_id: String) -> Problem {
        Problem {
            kind: format!("urn:xingdong:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status(),
            detail: self.detail.to_string(),
            code: self.code.as_str(),
            trace_id,
            errors: self.errors.clone(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for ApiError {}

impl From<DbErr> for ApiError {
    fn from(error: DbErr) -> Self {
        if is_passing(&error) {
            Self::unavailable(error)
        } else if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
            // Somebody else was faster between a look and a write; he who comes again sees it.
            Self {
                cause: Some(error.into()),
                ..Self::with(Code::Conflict, "内容刚被他人修改，请刷新后重试")
            }
        } else {
            Self::internal(error)
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(error)
    }
}

/// Whether the same statement can succeed a moment later: the database is away, full of work, or
/// chose this transaction to end a deadlock.
fn is_passing(error: &DbErr) -> bool {
    use sea_orm::RuntimeErr;
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_ref() {
                sea_orm::sqlx::Error::Io(_)
                | sea_orm::sqlx::Error::PoolTimedOut
                | sea_orm::sqlx::Error::PoolClosed
                | sea_orm::sqlx::Error::WorkerCrashed => true,
                sea_orm::sqlx::Error::Database(error) => {
                    error.code().is_some_and(|code| is_passing_code(&code))
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether a database's own code tells of something that passes.
fn is_passing_code(code: &str) -> bool {
    if code.len() == 5 {
        // PostgreSQL. Classes: connection lost, transaction rolled back, resources (disk full, too
        // many connections), cancelled or shutting down, I/O of the system; and a lock not had, a
        // node that has become read-only.
        return ["08", "40", "53", "57", "58"].contains(&&code[..2])
            || ["55P03", "25006"].contains(&code);
    }
    // SQLite, whose codes say more in their upper bytes: busy, locked, I/O, full, cannot open.
    code.parse::<i32>()
        .is_ok_and(|code| [5, 6, 10, 13, 14].contains(&(code & 0xff)))
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).expect("the list holds valid statuses")
    }

    fn error_response(&self) -> HttpResponse {
        let trace_id = crate::telemetry::trace_id();
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code.as_str(), error = %crate::telemetry::redact(&format!("{cause:#}")), "request failed");
        }
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if self.code.status() == 401 {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        response.insert_header(ContentType(
            "application/problem+json"
                .parse()
                .expect("a valid media type"),
        ));
        let mut response = response.body(
            serde_json::to_vec(&self.problem(trace_id))
                .expect("a problem has only strings and numbers"),
        );
        response.extensions_mut().insert(self.code);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_in_trouble_is_unavailable_and_a_broken_statement_is_not() {
        for passing in [
            "40P01", "57014", "58030", "53100", "5", "517", "10", "778", "13",
        ] {
            assert!(is_passing_code(passing), "{passing}");
        }
        for lasting in ["42601", "22021", "23505", "1", "19", "2067", ""] {
            assert!(!is_passing_code(lasting), "{lasting}");
        }
    }

    #[test]
    fn codes_are_unique_and_read_as_snake_case() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
            assert!(
                code.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
            assert!(StatusCode::from_u16(code.status()).is_ok());
        }
    }
}
