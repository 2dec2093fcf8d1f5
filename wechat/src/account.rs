//! An app we may act for: its calls carry a token, and a refused token is replaced once.
//!
//! The calls themselves stand with their subject, such as [`crate::login`] or [`crate::template`];
//! which app may make which is a table in [`crate::endpoint`].

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::{Answer, App, Body, Client, Request};
use crate::endpoint::{AppKind, Endpoint};
use crate::error::{Class, Error};
use crate::jssdk::Tickets;
use crate::token::{Lease, TokenSource};

/// A mini-program or an official account; cheap to clone, one per app so that its token is shared.
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) app: Arc<App>,
    pub(crate) client: Client,
    tokens: Arc<TokenSource>,
    pub(crate) tickets: Arc<Tickets>,
}

impl Account {
    /// An account that has no token yet.
    pub fn new(app: App, client: Client) -> Self {
        let app = Arc::new(app);
        let tokens = Arc::new(TokenSource::new(Arc::clone(&app), client.clone()));
        Self {
            app,
            client,
            tokens,
            tickets: Arc::default(),
        }
    }

    /// The `wx…` of the app.
    pub fn app_id(&self) -> &str {
        &self.app.app_id
    }

    /// Fetches a token and nothing else: proves id, secret and allow list.
    pub async fn probe(&self) -> Result<(), Error> {
        self.tokens.get().await.map(drop)
    }

    /// What the app is, if that was stated.
    pub fn kind(&self) -> Option<AppKind> {
        self.app.kind
    }

    /// Asks with the app's token and reads JSON.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        self.call(endpoint, query, Body::Nothing, Answer::json)
            .await
    }

    /// Sends JSON with the app's token and reads JSON.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        body: Value,
    ) -> Result<T, Error> {
        self.call(endpoint, &[], Body::Json(body), Answer::json)
            .await
    }

    /// Sends JSON with the app's token to a call that answers with nothing but `ok`.
    pub(crate) async fn order(&self, endpoint: Endpoint, body: Value) -> Result<(), Error> {
        let Done {} = self.post(endpoint, body).await?;
        Ok(())
    }

    /// Makes a call that needs the app's token, and reads its answer with `read`.
    ///
    /// If the token is refused, the call is made once more with another one. WeChat refuses a bad
    /// token before it acts, so this repeats nothing.
    pub(crate) async fn call<T>(
        &self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
        body: Body,
        read: impl Fn(&Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.admit(endpoint)?;
        let first = self.tokens.get().await.map_err(Error::before_the_call)?;
        let result = self.attempt(endpoint, query, body.clone(), &first).await;
        match result.and_then(|answer| read(&answer)) {
            Err(error) if is_token_refusal(&error) => {
                tracing::info!(app_id = self.app.app_id, %error, "replacing a refused token");
            }
            other => return other,
        }

        let second = self
            .tokens
            .replace(&first)
            .await
            .map_err(Error::before_the_call)?;
        let result = self.attempt(endpoint, query, body, &second).await;
        let result = result.and_then(|answer| read(&answer));
        if result.as_ref().is_err_and(is_token_refusal) {
            self.tokens.refused_again(&second).await;
        }
        result
    }

    /// Makes a call that has nothing to do with the app's token, once.
    pub(crate) async fn call_without_token(
        &self,
        endpoint: Endpoint,
        query: Vec<(&str, &str)>,
        body: Body,
    ) -> Result<Answer, Error> {
        self.call_at(&self.app.base_url, endpoint, query, body)
            .await
    }

    /// The same at another host.
    pub(crate) async fn call_at(
        &self,
        base_url: &str,
        endpoint: Endpoint,
        query: Vec<(&str, &str)>,
        body: Body,
    ) -> Result<Answer, Error> {
        self.admit(endpoint)?;
        self.client
            .send(Request {
                endpoint,
                base_url,
                query,
                body,
            })
            .await
    }

    /// Holds a call against the kind of the app.
    fn admit(&self, endpoint: Endpoint) -> Result<(), Error> {
        match self.app.kind {
            Some(kind) if !endpoint.audience().admits(kind) => {
                Err(Error::WrongKind { endpoint, kind })
            }
            _ => Ok(()),
        }
    }

    async fn attempt(
        &self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
        body: Body,
        token: &Lease,
    ) -> Result<Answer, Error> {
        let mut with_token = vec![("access_token", token.expose())];
        with_token.extend_from_slice(query);
        self.client
            .send(Request {
                endpoint,
                base_url: &self.app.base_url,
                query: with_token,
                body,
            })
            .await
    }
}

/// An answer that says no more than `ok`.
#[derive(Deserialize)]
struct Done {}

fn is_token_refusal(error: &Error) -> bool {
    error.api().is_some_and(|error| error.class == Class::Token)
}
