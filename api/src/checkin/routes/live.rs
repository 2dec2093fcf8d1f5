//! HTTP for the venue's screen: server-sent events.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use chrono::{DateTime, Utc};
use entity::activity;
use futures_util::{Stream, stream};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{On, op};
use crate::app::App;
use crate::checkin::live::{Counts, counts, ends_at};
use crate::error::{ApiError, Problem, Result};
use crate::extract::instant;

/// How often the counts are looked up.
const TICK: Duration = Duration::from_secs(1);
/// After so many ticks without news a comment keeps proxies from closing the connection.
const KEEP_ALIVE: u32 = 15;

/// Who checked in, for the screen.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArrivalView {
    /// Name.
    pub name: String,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: DateTime<Utc>,
}

/// The session that the screen is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionNowView {
    /// Its number, from 1.
    pub ordinal: i32,
    /// How many sessions the activity has.
    pub of: usize,
    /// Its start.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub starts_at: DateTime<Utc>,
    /// Its end.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub ends_at: DateTime<Utc>,
    /// How many checked in to it.
    pub checked_in: usize,
}

/// The data of a `counts` event.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountsView {
    /// How many are invited.
    pub invited: usize,
    /// How many said they come.
    pub attend: usize,
    /// How many asked for leave instead.
    pub leave: usize,
    /// How many checked in, to any session.
    pub checked_in: usize,
    /// How many of these were late.
    pub late: usize,
    /// How many of these were sent later.
    pub offline: usize,
    /// How many more a roll call found there.
    pub rolled: usize,
    /// The session that is on, or the next one; at the end the last.
    pub session: SessionNowView,
    /// The last ten who checked in to that session, the latest first.
    pub latest: Vec<ArrivalView>,
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        let Counts {
            invited,
            attend,
            leave,
            checked_in,
            late,
            offline,
            rolled,
            session,
            latest,
        } = counts;
        let session = SessionNowView {
            ordinal: session.ordinal,
            of: session.of,
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            checked_in: session.checked_in,
        };
        let latest = latest
            .into_iter()
            .map(|(name, at)| ArrivalView { name, at })
            .collect();
        Self {
            invited,
            attend,
            leave,
            checked_in,
            late,
            offline,
            rolled,
            session,
            latest,
        }
    }
}

/// The counts for the venue's screen, as server-sent events.
///
/// An event `counts` ([`CountsView`] as JSON) comes at once and whenever something changed. The
/// stream ends half an hour after the activity, when its node stops, and as soon as the session, its
/// token or the seat ends: connect again with a fresh token.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path)), responses((status = 200, content_type = "text/event-stream", body = CountsView), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/live")]
pub async fn live_counts(
    app: Data<App>,
    on: On<op::LiveWatch, activity::Model>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let first = counts(&app, &on.row).await?;
    let screen = Screen {
        app,
        request,
        shown: None,
        idle: 0,
        next: Some((on, first)),
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events(screen)))
}

struct Screen {
    app: Data<App>,
    request: HttpRequest,
    shown: Option<Counts>,
    idle: u32,
    /// What the request itself found, sent without waiting for the first tick.
    next: Option<(On<op::LiveWatch, activity::Model>, Counts)>,
}

fn events(screen: Screen) -> impl Stream<Item = Result<Bytes>> {
    stream::unfold(screen, |mut screen| async move {
        loop {
            let (on, counts) = match screen.next.take() {
                Some(first) => first,
                None => screen.look().await?,
            };
            if ends_at(&on.row) <= screen.app.clock.now() {
                return None;
            }
            if let Some(bytes) = screen.show(counts) {
                return Some((Ok(bytes), screen));
            }
        }
    })
}

impl Screen {
    /// Waits for the next tick and asks again for permit, activity and counts; `None` ends the
    /// stream.
    async fn look(&mut self) -> Option<(On<op::LiveWatch, activity::Model>, Counts)> {
        actix_web::rt::time::sleep(TICK).await;
        if self.app.is_leaving() {
            return None;
        }
        let looked = async {
            let on = On::from_request(&self.request, &mut Payload::None).await?;
            let counts = counts(&self.app, &on.row).await?;
            Ok::<_, ApiError>((on, counts))
        };
        match looked.await {
            Ok(looked) => Some(looked),
            Err(error) => {
                tracing::info!(%error, "live counts end");
                None
            }
        }
    }

    fn show(&mut self, counts: Counts) -> Option<Bytes> {
        if self.shown.as_ref() != Some(&counts) {
            self.shown = Some(counts.clone());
            self.idle = 0;
            let json = serde_json::to_string(&CountsView::from(counts))
                .expect("counts have only strings and numbers");
            return Some(Bytes::from(format!("event: counts\ndata: {json}\n\n")));
        }
        self.idle += 1;
        if self.idle < KEEP_ALIVE {
            return None;
        }
        self.idle = 0;
        Some(Bytes::from_static(b": still here\n\n"))
    }
}
