//! The signed-in person behind a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use domain::authority::Standing;
use domain::ids::{AccountId, CommitteeId, MemberId, SessionId};

use super::standing::{InOffice, Known, SignedIn};
use super::token::{Audience, Claims};
use crate::app::App;
use crate::db::Actor;
use crate::error::{ApiError, Code, Result};

/// Somebody whose session counts at this moment. He may hold no seat at all: an account that is
/// not bound yet has a session too.
#[derive(Clone, Debug)]
pub struct Caller {
    /// His committee.
    pub committee: CommitteeId,
    /// His session.
    pub session: SessionId,
    /// From which side of the service he comes.
    pub audience: Audience,
    known: Arc<Known>,
}

impl Caller {
    /// His account.
    pub fn account(&self) -> &SignedIn {
        &self.known.account
    }

    /// His account's id.
    pub fn account_id(&self) -> AccountId {
        self.known.account.id
    }

    /// The member he is, while in office.
    pub fn member(&self) -> Option<InOffice> {
        self.known.member
    }

    /// The id of the member he is, while in office.
    pub fn member_id(&self) -> Option<MemberId> {
        self.known.member.map(|member| member.id)
    }

    /// The seats he holds today.
    pub fn standings(&self) -> &[Standing] {
        &self.known.standings
    }

    /// He, as the audit log names him.
    pub fn actor(&self) -> Actor {
        Actor {
            committee: self.committee,
            account: Some(self.account_id()),
            name: self.account().display_name.clone(),
        }
    }

    /// The bearer's claims, checked; the session is not looked up.
    pub fn claims(app: &App, request: &HttpRequest) -> Result<Claims> {
        let token = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| ApiError::new(Code::Unauthenticated))?;
        app.tokens.verify(token.trim(), app.clock.now())
    }

    /// The caller of this request.
    pub async fn of(app: &App, request: &HttpRequest) -> Result<Self> {
        let claims = Self::claims(app, request)?;
        let known = app.standings.of(&claims, app.clock.now()).await?;
        let caller = Self {
            committee: claims.cid,
            session: claims.sid,
            audience: claims.aud,
            known,
        };
        // The edge writes refusals to the audit log and asks here who was refused.
        request.extensions_mut().insert(caller.actor());
        Ok(caller)
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app = request
                .app_data::<Data<App>>()
                .expect("mounted by server::serve")
                .clone();
            Self::of(&app, &request).await
        })
    }
}
