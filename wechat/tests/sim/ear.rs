//! A callback address of our own: what it heard, and what it is told to say.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use wechat::callback::{self, Endpoint, Mode, Query};
use wechat::crypto::MessageCrypt;
use wechat::sim::{CallbackMode, PushFormat};

use super::{KEY, STATION, World, accounts, noon};

/// What a callback address heard, and what it says.
#[derive(Default)]
pub struct Ear {
    heard: Mutex<Vec<(Query, String)>>,
    /// Said in this order; afterwards `success`.
    pub answers: Mutex<Vec<(u16, String)>>,
}

impl Ear {
    pub fn listen(self: &Arc<Self>) -> String {
        async fn hear(request: HttpRequest, body: Bytes, ear: Data<Ear>) -> HttpResponse {
            let query = web::Query::<Query>::from_query(request.query_string()).expect("a query");
            let body = String::from_utf8(body.to_vec()).expect("text");
            ear.heard
                .lock()
                .expect("no panic")
                .push((query.into_inner(), body));
            let mut answers = ear.answers.lock().expect("no panic");
            let (status, body) = if answers.is_empty() {
                (200, "success".to_owned())
            } else {
                answers.remove(0)
            };
            let status = status.try_into().expect("a status");
            HttpResponse::build(status).body(body)
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let ear = Data::from(Arc::clone(self));
        let app = move || {
            App::new()
                .app_data(ear.clone())
                .default_service(web::to(hear))
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        actix_web::rt::spawn(server.listen(listener).expect("a socket").run());
        format!("http://{address}/wx/station")
    }

    pub fn heard(&self) -> Vec<(Query, String)> {
        self.heard.lock().expect("no panic").clone()
    }

    /// Waits for so many pushes; half a second is long on this machine.
    pub async fn wait(&self, count: usize) -> Vec<(Query, String)> {
        for _ in 0..100 {
            if count <= self.heard().len() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.heard()
    }
}

/// A world whose official account pushes to an ear.
pub fn listening(mode: CallbackMode, format: PushFormat) -> (World, Arc<Ear>) {
    let mut apps = accounts();
    for app in &mut apps {
        app.callback_mode = mode;
        app.push_format = format;
    }
    let world = World::start_with(apps);
    let ear = Arc::new(Ear::default());
    world.handle().set_callback(STATION, ear.listen());
    (world, ear)
}

/// The callback key of an account.
pub fn crypt(app_id: &str) -> MessageCrypt {
    MessageCrypt::new(app_id, &format!("token-of-{app_id}"), KEY, None).expect("a key")
}

/// Opens what the station's ear heard with the crate's own code.
pub fn open(mode: Mode, (query, body): &(Query, String)) -> callback::Push {
    let to_user_name = Some(format!("gh_{STATION}"));
    let endpoint = Endpoint {
        crypt: crypt(STATION),
        mode,
        to_user_name,
    };
    callback::open(&endpoint, query, body.as_bytes(), noon()).expect("a good push")
}
