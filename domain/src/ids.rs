//! One type per kind of id, so that a member's id never stands where an activity's is meant.
//!
//! Every id is a `UUIDv7`: its first 48 bits are the millisecond it was made, so rows of one
//! committee lie in the order in which they came.

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id made at `at` from ten random bytes.
            pub fn new(at: chrono::DateTime<chrono::Utc>, random: [u8; 10]) -> Self {
                let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map(Self) }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self { id.0 }
        }

        #[cfg(feature = "sea-orm")]
        impl From<$name> for sea_orm::Value {
            fn from(id: $name) -> Self { id.0.into() }
        }

        #[cfg(feature = "sea-orm")]
        impl sea_orm::TryGetable for $name {
            fn try_get_by<I: sea_orm::ColIdx>(row: &sea_orm::QueryResult, index: I) -> Result<Self, sea_orm::TryGetError> {
                <Uuid as sea_orm::TryGetable>::try_get_by(row, index).map(Self)
            }
        }

        #[cfg(feature = "sea-orm")]
        impl sea_orm::sea_query::ValueType for $name {
            fn try_from(value: sea_orm::Value) -> Result<Self, sea_orm::sea_query::ValueTypeErr> {
                <Uuid as sea_orm::sea_query::ValueType>::try_from(value).map(Self)
            }
            fn type_name() -> String { stringify!($name).to_owned() }
            fn array_type() -> sea_orm::sea_query::ArrayType { sea_orm::sea_query::ArrayType::Uuid }
            fn column_type() -> sea_orm::sea_query::ColumnType { sea_orm::sea_query::ColumnType::Uuid }
        }

        #[cfg(feature = "sea-orm")]
        impl sea_orm::sea_query::Nullable for $name {
            fn null() -> sea_orm::Value { sea_orm::Value::Uuid(None) }
        }

        #[cfg(feature = "sea-orm")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        #[cfg(feature = "utoipa")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some("opaque id"))
                    .build()
                    .into()
            }
        }

        #[cfg(feature = "utoipa")]
        impl utoipa::ToSchema for $name {}
    )+};
}

ids! {
    /// A committee (政协委员会): the tenant every other row belongs to.
    CommitteeId;
    /// A term (届) of five years.
    TermId;
    /// A sector (界别).
    SectorId;
    /// A special committee (专委会).
    SpecialCommitteeId;
    /// An activity group (活动组).
    GroupId;
    /// A station (驿站): the place of a group and its official account.
    StationId;
    /// A member (委员) of a committee in a term.
    MemberId;
    /// A dated role of a person (召集人, 专委会工作人员, 办公室 …).
    SeatId;
    /// Somebody who signs in: a member by WeChat, or staff by password.
    AccountId;
    /// A person known to one WeChat app under one openid.
    IdentityId;
    /// One sign-in on one device, until it is ended.
    SessionId;
    /// A code the office hands to one member so that he can bind his WeChat.
    InviteCodeId;
    /// A binding that the office must decide.
    BindingRequestId;
    /// A roster file that was previewed and may be applied.
    RosterImportId;
    /// The confirmed activity day of one quarter.
    ActivityDayId;
    /// The plan of one group for one year.
    PlanId;
    /// One thing a plan says is to be done.
    PlanItemId;
    /// Something members can attend.
    ActivityId;
    /// One member's part in one activity: invited, replied, present.
    AttendanceId;
    /// A member's request for leave from one activity.
    LeaveRequestId;
    /// A request to mend an attendance afterwards (补签).
    CorrectionId;
    /// Something told to members at one moment.
    NoticeId;
    /// One telling of one member by one channel.
    DeliveryId;
    /// One message that somebody agreed to get.
    CreditId;
    /// What has stopped an account, or one template of it, from sending.
    PauseId;
    /// A template as the office put it in force.
    MessageTemplateId;
    /// A message in a member's in-app inbox.
    InboxMessageId;
    /// Something a member did outside activities: a proposal, a report, a good deed.
    DutyRecordId;
    /// A list of duty records that was previewed and may be applied.
    DutyImportId;
    /// An immutable fact that scoring counts.
    FactId;
    /// A review of one period (评优, 届中请辞, 换届去留 …).
    ReviewId;
    /// What a review says of one person or group.
    ReviewCandidateId;
    /// A group's nomination of one of its members.
    NominationId;
    /// What a member says against a published list.
    ObjectionId;
    /// A talk or a letter after a decision.
    ReviewDocumentId;
    /// A file somebody uploaded.
    FileId;
    /// A file as one activity shows it.
    ActivityFileId;
    /// A background job.
    JobId;
    /// An entry of the audit log.
    AuditId;
    /// A stored answer for an `Idempotency-Key`.
    IdempotencyId;
    /// A push from WeChat, kept until it is handled.
    CallbackId;
    /// A word that proves, once and for minutes, whose follower somebody is.
    LinkTokenId;
    /// A follower whom two members call theirs.
    LinkConflictId;
    /// What WeChat found in a picture or a recording.
    MediaCheckId;
    /// What was found of one text or picture.
    ContentCheckId;
    /// One version of a committee's assessment rules.
    RulebookId;
    /// A period of assessment that somebody named or closed.
    PeriodId;
    /// One revision of a frozen sheet.
    SheetId;
    /// A change of what a closed period counts.
    AmendmentId;
}
