//! The HTTP side: reads a call, lets the world answer it, and spoils the answer when a trouble was
//! ordered. The lock on the world is never held while waiting.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::Value;
use tokio::sync::oneshot;

use super::answer::{Heard, Refused, Reply};
use super::fault::{Fault, FaultKind};
use super::handle::Handle;
use super::push::PushJob;
use super::spoil::{plain, seen_status, spoil};
use super::trickle::Line;
use super::{admin, pages};

/// How long one subscription message takes; another to the same person meanwhile is refused.
const SENDING: Duration = Duration::from_millis(15);
/// How long a send waits for the push that is to arrive before its answer.
const PATIENCE: Duration = Duration::from_secs(6);
const LARGEST_BODY: usize = 12 * 1024 * 1024;

pub(super) fn run(handle: Handle, listener: TcpListener) -> std::io::Result<Server> {
    let build = move || {
        App::new()
            .app_data(Data::new(handle.clone()))
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .service(pages::authorize)
            .service(
                web::scope("/sim")
                    .configure(pages::configure)
                    .configure(admin::configure),
            )
            .default_service(web::to(wechat))
    };
    let server = HttpServer::new(build)
        .workers(1)
        .disable_signals()
        .on_connect(|connection, data| {
            if let Some(stream) = connection.downcast_ref::<TcpStream>()
                && let Ok(line) = Line::hold(stream)
            {
                data.insert(line);
            }
        });
    Ok(server.listen(listener)?.run())
}

async fn wechat(request: HttpRequest, body: Bytes, handle: Data<Handle>) -> HttpResponse {
    let heard = hear(&request, body);
    let counted = request.headers().contains_key(CONTENT_LENGTH);
    let strict = handle.with(|world| world.settings.strictness);
    if !heard.get && !counted && strict.length {
        handle.with(|world| world.note_call(&heard, Some(412), None));
        return HttpResponse::PreconditionFailed().finish();
    }

    let fault = handle.with(|world| world.strike(&heard));
    let _sending = match Sending::begin(&handle, &heard).await {
        Ok(sending) => sending,
        Err(reply) => return plain(reply),
    };
    let (reply, jobs) = handle.take(|world| {
        let ordered = match fault.as_ref().map(|fault| fault.kind) {
            Some(FaultKind::Errcode(errcode)) => Some(errcode),
            _ => None,
        };
        let prevented = fault.as_ref().is_some_and(Fault::prevents);
        let mut reply = if prevented {
            world.refuse(&heard, ordered.unwrap_or(-1))
        } else {
            world.answer(&heard)
        };
        if let (Some(errcode), false) = (ordered, prevented) {
            reply = world.refuse(&heard, errcode);
        }
        let status = seen_status(&reply, fault.as_ref().map(|fault| fault.kind));
        world.note_call(&heard, status, reply.errcode);
        reply
    });
    hand_over(&handle, jobs).await;
    match fault {
        Some(fault) => {
            let line = request.conn_data::<Line>().cloned();
            spoil(reply, fault.kind, line).await
        }
        None => plain(reply),
    }
}

fn hear(request: &HttpRequest, body: Bytes) -> Heard {
    let query = web::Query::from_query(request.query_string());
    Heard {
        get: *request.method() == Method::GET,
        path: request.path().trim_start_matches('/').to_owned(),
        query: query.map(web::Query::into_inner).unwrap_or_default(),
        body,
        typed: request.headers().contains_key(CONTENT_TYPE),
        ip: request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip()),
    }
}

/// Sends pushes on their way and waits for those that are to arrive first.
async fn hand_over(handle: &Handle, jobs: Vec<PushJob>) {
    let mut awaited = Vec::new();
    for mut job in jobs {
        if job.before_answer {
            let (done, told) = oneshot::channel();
            job.done = Some(done);
            awaited.push(told);
        }
        handle.send(job);
    }
    for told in awaited {
        // Whether it arrived in time is in the record of pushes; the send is answered either way.
        let _ = tokio::time::timeout(PATIENCE, told).await;
    }
}

/// The right to send one person a subscription message; WeChat allows one at a time (43108).
struct Sending {
    handle: Handle,
    openid: Option<String>,
}

impl Sending {
    async fn begin(handle: &Handle, heard: &Heard) -> Result<Self, Reply> {
        let mut sending = Self {
            handle: handle.clone(),
            openid: None,
        };
        if heard.path != "cgi-bin/message/subscribe/send" {
            return Ok(sending);
        }
        let body: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
        let Some(openid) = body["touser"].as_str().map(ToOwned::to_owned) else {
            return Ok(sending);
        };
        handle.with(|world| {
            if world.sending.contains(&openid) {
                let reply = Refused::new(43108, "concurrent send to the same user");
                let reply = world.refuse_with(heard, reply);
                world.note_call(heard, Some(200), Some(43108));
                return Err(reply);
            }
            world.sending.push(openid.clone());
            Ok(())
        })?;
        sending.openid = Some(openid);
        tokio::time::sleep(SENDING).await;
        Ok(sending)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(openid) = self.openid.take() {
            self.handle
                .with(|world| world.sending.retain(|other| *other != openid));
        }
    }
}
