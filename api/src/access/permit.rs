//! Permits: the proof that a caller may do an operation, and on which row.
//!
//! [`Permit`] proves that a seat gives the operation at all and carries how far it reaches;
//! [`On`] is that proof and the row in one. Who may not know that a row exists is told that there
//! is no such thing; who may know it and not change it is told which seat he lacks.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use domain::authority::{self, Operation, Reach, Scope};
use domain::ids::CommitteeId;
use tokio::sync::watch;
use uuid::Uuid;

use super::caller::Caller;
use crate::app::App;
use crate::db::Write;
use crate::error::{ApiError, Result};

/// An operation as a type, so that a permit for one is no permit for another.
pub trait OperationType: 'static {
    /// Which operation.
    const OPERATION: Operation;
}

macro_rules! operations {
    ($($name:ident)+) => {
        /// The operations as types.
        pub mod op {
            $(
                #[doc = concat!("See [`domain::authority::Operation::", stringify!($name), "`].")]
                #[derive(Debug)]
                pub struct $name;
                impl super::OperationType for $name {
                    const OPERATION: domain::authority::Operation = domain::authority::Operation::$name;
                }
            )+
        }
    };
}

operations! {
    CatalogueRead
    MemberList
    MemberRead
    MemberPhoneRead
    MemberCreate
    MemberUpdate
    MembersExport
    RosterImport
    InviteCodeCreate
    BindingDecide
    SeatList
    SeatGrant
    SeatConfirm
    SeatEnd
    AccountList
    AccountCreate
    AccountDisable
    AccountEnable
    AccountReset
    CalendarRead
    CalendarConfirm
    PlanList
    PlanWrite
    PlanSubmit
    PlanAccept
    PlanReturn
    PlanAdopt
    ActivityList
    ActivityRead
    ActivityCreate
    ActivityUpdate
    ActivityFiles
    ActivitySubmit
    ActivityApprove
    ActivityReturn
    ActivityPublish
    ActivityCancel
    ActivityReschedule
    ActivityClose
    Reply
    LeaveRequest
    LeaveRegister
    LeaveList
    LeaveDecide
    CodeShow
    LiveWatch
    CheckIn
    CheckOut
    RollCall
    AttendanceList
    CorrectionRequest
    CorrectionList
    CorrectionDecide
    DeliveryList
    DeliveryPhone
    DeliveryResend
    TemplateRead
    TemplateWrite
    PauseList
    PauseResume
    SubscriptionRead
    SubscriptionReport
    Remind
    InboxRead
    DutyList
    DutyDeclare
    DutySubmit
    DutyCheck
    DutyVerify
    DutyReturn
    DutyImport
    ScoreList
    ScoreRead
    ScoresExport
    DossierExport
    EvaluationNotice
    RulebookRead
    RulebookWrite
    RulebookPropose
    RulebookAdopt
    RulebookWithdraw
    RulebookPreview
    RankingRead
    GroupScoreRead
    PeriodRead
    PeriodWrite
    PeriodClose
    PeriodReopen
    PeriodWithdraw
    AmendmentRead
    AmendmentPropose
    AmendmentDecide
    ReviewList
    ReviewWrite
    ReviewNominate
    ReviewConfirm
    ReviewPublish
    ReviewObject
    ReviewDecide
    ReviewDocument
    ReviewExport
    ObjectionList
    ObjectionAnswer
    AuditRead
    AuditVerify
    JobList
    OfficialAccountLink
    WechatAccountList
    WechatAccountResync
    WechatMenuPublish
    LinkConflictList
    LinkConflictDecide
    ContentList
    ContentDecide
    FileUpload
    FileRead
}

/// What was asked, for the audit entry of a refusal.
#[derive(Clone, Copy, Debug)]
pub struct Asked(pub Operation);

/// Opens when the permit of a request was given. actix polls the arguments of a handler side by
/// side, and what is wrong with a body must not be told to somebody who may not even know the row.
#[derive(Clone, Debug)]
pub struct Gate(watch::Receiver<bool>);

impl Gate {
    /// Puts a gate before the other arguments of `request`; who holds the sender opens it.
    fn before(request: &HttpRequest, operation: Operation) -> watch::Sender<bool> {
        let (opener, gate) = watch::channel(false);
        request.extensions_mut().insert(Asked(operation));
        request.extensions_mut().insert(Self(gate));
        opener
    }

    /// Returns when the permit of `request` was given, at once where none is asked for, and never
    /// when it was refused: then the refusal is the answer.
    pub async fn passed(request: &HttpRequest) {
        let gate = request.extensions().get::<Self>().cloned();
        if let Some(Self(mut gate)) = gate
            && gate.wait_for(|open| *open).await.is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

/// Proof that a seat of the caller gives an operation.
#[derive(Debug)]
pub struct Permit<O> {
    /// Who.
    pub caller: Caller,
    /// How far.
    pub reach: Reach,
    operation: PhantomData<O>,
}

impl<O: OperationType> Permit<O> {
    /// The permit of `caller` for `O`.
    ///
    /// # Errors
    /// `forbidden`, naming the seats that would give it.
    pub fn of(caller: Caller) -> Result<Self> {
        let reach = Reach::of(O::OPERATION, caller.standings())
            .ok_or_else(|| ApiError::forbidden(authority::roles(O::OPERATION)))?;
        Ok(Self {
            caller,
            reach,
            operation: PhantomData,
        })
    }

    /// The caller's committee.
    pub fn committee(&self) -> CommitteeId {
        self.caller.committee
    }

    /// Runs `change` as this caller's act: see [`crate::db::Db::write`].
    ///
    /// # Errors
    /// Those of `change`; then nothing was written.
    pub async fn write<T>(
        &self,
        app: &App,
        change: impl AsyncFnOnce(&mut Write) -> Result<T>,
    ) -> Result<T> {
        app.db
            .write(
                &self.caller.actor(),
                O::OPERATION.as_str(),
                app.clock.now(),
                change,
            )
            .await
    }

    /// The proof for one row that was found by other means than the path.
    ///
    /// # Errors
    /// `not_found` when the row lies outside of what the caller may know, `forbidden` when he may
    /// know it and not do this to it.
    pub async fn over<T: Guarded>(self, app: &App, row: T) -> Result<On<O, T>> {
        let scope = row.scope(app, &self.caller).await?;
        if self.reach.covers(&scope) {
            return Ok(On { permit: self, row });
        }
        let readable =
            Reach::of(T::READ, self.caller.standings()).is_some_and(|reach| reach.covers(&scope));
        Err(if readable {
            ApiError::forbidden(authority::roles(O::OPERATION))
        } else {
            ApiError::not_found()
        })
    }
}

impl<O: OperationType> FromRequest for Permit<O> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let opener = Gate::before(&request, O::OPERATION);
        Box::pin(async move {
            let app = request
                .app_data::<Data<App>>()
                .expect("mounted by server::serve")
                .clone();
            let permit = Self::of(Caller::of(&app, &request).await?)?;
            opener.send_replace(true);
            Ok(permit)
        })
    }
}

/// A row that seats reach or do not reach.
pub trait Guarded: Sized {
    /// The path parameter that names it.
    const PARAM: &'static str;
    /// The operation that says who may know that it exists.
    const READ: Operation;

    /// The row of this committee.
    fn load(
        app: &App,
        committee: CommitteeId,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<Self>>>;

    /// Where it lies, as this caller sees it.
    fn scope(&self, app: &App, caller: &Caller) -> impl Future<Output = Result<Scope>>;

    /// How far the caller reaches with `operation` at this row, `None` where nothing gives it to
    /// him: as his seats say, where the committee's own rules do not say more.
    fn reach(
        &self,
        _: &App,
        caller: &Caller,
        operation: Operation,
    ) -> impl Future<Output = Result<Option<Reach>>> {
        std::future::ready(Ok(Reach::of(operation, caller.standings())))
    }
}

/// Proof and row in one: the caller may do `O` to this row.
#[derive(Debug)]
pub struct On<O, T> {
    /// The proof.
    pub permit: Permit<O>,
    /// The row, as it was when the proof was made; what can change is checked again inside the
    /// transaction.
    pub row: T,
}

impl<O, T> Deref for On<O, T> {
    type Target = Permit<O>;
    fn deref(&self) -> &Permit<O> {
        &self.permit
    }
}

impl<O: OperationType, T: Guarded> FromRequest for On<O, T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let opener = Gate::before(&request, O::OPERATION);
        Box::pin(async move {
            let app = request
                .app_data::<Data<App>>()
                .expect("mounted by server::serve")
                .clone();
            let caller = Caller::of(&app, &request).await?;
            let id = request
                .match_info()
                .get(T::PARAM)
                .and_then(|id| id.parse().ok())
                .ok_or_else(ApiError::not_found)?;
            let row = T::load(&app, caller.committee, id).await?;
            let row = row.ok_or_else(ApiError::not_found)?;
            let reach = row.reach(&app, &caller, O::OPERATION).await?;
            // Who has no seat for the operation at all reaches nothing, and is told so only where
            // he may know that the row exists.
            let permit = Permit {
                caller,
                reach: reach.unwrap_or_default(),
                operation: PhantomData,
            };
            let on = permit.over(&app, row).await?;
            opener.send_replace(true);
            Ok(on)
        })
    }
}
