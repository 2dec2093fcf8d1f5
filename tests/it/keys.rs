//! Keys come and go on two nodes, one restarted after the other, while members stay signed in.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use api::app::App;
use api::config::Config;
use api::crypto::random;
use api::demo::client::Client;
use api::demo::world;
use api::keys;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use entity::{Scoped, member};
use reqwest::Method;
use sea_orm::{ConnectionTrait, DatabaseBackend, QueryOrder, QueryResult, Statement};
use serde_json::{Value, json};
use tests::TestApp;
use wechat::crypto::MessageCrypt;

fn key() -> String {
    STANDARD.encode(random::<32>())
}

/// A node with a configuration of its own on the database of a [`TestApp`].
struct Node {
    app: Arc<App>,
    client: Client,
    base: String,
    server: actix_web::dev::ServerHandle,
}

impl Node {
    async fn start(t: &TestApp, configuration: &Value) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let config = Config::from_value(configuration.clone()).expect("a valid configuration");
        let app = App::open(config, t.app.clock.clone()).await.unwrap();
        let server = api::server::serve(&app, listener).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            app,
            client: Client::new(&base).unwrap(),
            base,
            server: handle,
        }
    }

    async fn status(&self, token: &str, path: &str) -> u16 {
        let answer = self.client.call(Method::GET, Some(token), path, None).await;
        answer.expect("the node answers").status
    }
}

/// Two nodes behind one address, and a member who is signed in.
struct Service<'a> {
    t: &'a TestApp,
    configuration: Value,
    nodes: [Node; 2],
    access: String,
    refresh: String,
}

impl<'a> Service<'a> {
    async fn start(t: &'a TestApp) -> Self {
        let configuration = t.configuration.clone();
        let nodes = [
            Node::start(t, &configuration).await,
            Node::start(t, &configuration).await,
        ];
        // The first time binds the account to the member; the second signs him in.
        t.token("alice").await;
        let code = t.sim.handle.login_code(world::MINI_PROGRAM, "alice");
        let signed_in = nodes[0].client.wechat(world::MINI_PROGRAM, &code).await;
        let signed_in = signed_in.unwrap();
        let text = |name: &str| signed_in[name].as_str().expect(name).to_owned();
        Self {
            t,
            access: text("access_token"),
            refresh: text("refresh_token"),
            configuration,
            nodes,
        }
    }

    /// Restarts the nodes with another configuration, one after the other. Whichever node a member
    /// reaches in between, he stays signed in: what one node hands out counts on the other.
    async fn roll_out(&mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.configuration);
        for place in 0..2 {
            let restarted = Node::start(self.t, &self.configuration).await;
            let before = std::mem::replace(&mut self.nodes[place], restarted);
            before.server.stop(true).await;
            self.works().await;
        }
    }

    async fn works(&mut self) {
        for from in 0..2 {
            for node in &self.nodes {
                assert_eq!(node.status(&self.access, "/me").await, 200);
                assert_eq!(self.phone(node).await, self.phone(&self.nodes[0]).await);
            }
            let body = json!({ "refresh_token": self.refresh });
            let answer = self.nodes[from]
                .client
                .call(Method::POST, None, "/auth/refresh", Some(&body))
                .await
                .unwrap();
            assert_eq!(answer.status, 200, "{}", answer.body);
            let text = |name: &str| answer.body[name].as_str().expect(name).to_owned();
            (self.access, self.refresh) = (text("access_token"), text("refresh_token"));
        }
    }

    async fn phone(&self, node: &Node) -> Value {
        let answer = node
            .client
            .call(Method::GET, Some(&self.access), "/me", None)
            .await
            .unwrap();
        answer.body["member"]["phone"].clone()
    }

    async fn stop(self) {
        for node in self.nodes {
            node.server.stop(true).await;
        }
    }
}

fn ids(list: &Value) -> Vec<&Value> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|key| &key["id"])
        .collect()
}

#[actix_web::test]
async fn members_stay_signed_in_while_the_signing_key_is_replaced() {
    let t = TestApp::start().await;
    let mut service = Service::start(&t).await;
    let by_old = service.access.clone();

    service
        .roll_out(|value| {
            let keys = value["auth"]["keys"].as_array_mut().unwrap();
            keys.push(json!({ "id": "new", "secret": key() }));
        })
        .await;
    service
        .roll_out(|value| value["auth"]["keys"].as_array_mut().unwrap().reverse())
        .await;
    assert_eq!(ids(&service.configuration["auth"]["keys"]), ["new", "demo"]);
    for node in &service.nodes {
        assert_eq!(
            node.status(&by_old, "/me").await,
            200,
            "the old one still verifies"
        );
    }
    t.pass_minutes(16);
    // The access token has run out with the key that signed it; the session goes on.
    let body = json!({ "refresh_token": service.refresh });
    let answer = service.nodes[1]
        .client
        .call(Method::POST, None, "/auth/refresh", Some(&body))
        .await
        .unwrap();
    service.access = answer.body["access_token"].as_str().unwrap().to_owned();
    service.refresh = answer.body["refresh_token"].as_str().unwrap().to_owned();
    service
        .roll_out(|value| drop(value["auth"]["keys"].as_array_mut().unwrap().pop()))
        .await;

    assert_eq!(ids(&service.configuration["auth"]["keys"]), ["new"]);
    assert_eq!(service.nodes[0].status(&by_old, "/me").await, 401);
    service.stop().await;
    t.stop().await;
}

/// Why a new key is first made known to every node and only then used.
#[actix_web::test]
async fn a_key_that_is_used_before_every_node_knows_it_signs_members_out() {
    let t = TestApp::start().await;
    let mut service = Service::start(&t).await;
    let mut hasty = service.configuration.clone();
    let new = json!({ "id": "new", "secret": key() });
    hasty["auth"]["keys"].as_array_mut().unwrap().insert(0, new);
    let ahead = Node::start(&t, &hasty).await;
    std::mem::replace(&mut service.nodes[0], ahead)
        .server
        .stop(true)
        .await;

    let body = json!({ "refresh_token": service.refresh });
    let answer = service.nodes[0]
        .client
        .call(Method::POST, None, "/auth/refresh", Some(&body))
        .await
        .unwrap();
    let token = answer.body["access_token"].as_str().unwrap();

    assert_eq!(service.nodes[0].status(token, "/me").await, 200);
    assert_eq!(service.nodes[1].status(token, "/me").await, 401);
    service.stop().await;
    t.stop().await;
}

#[actix_web::test]
async fn fields_are_sealed_anew_while_members_use_them_and_the_old_key_can_go() {
    let t = TestApp::start().await;
    t.crowd(230).await;
    let mut service = Service::start(&t).await;
    let sealed_by = async |app: &App| -> BTreeSet<u8> {
        let needed = keys::needed(&app.db).await.unwrap();
        needed.into_iter().map(|needed| needed.key).collect()
    };
    assert_eq!(sealed_by(&service.nodes[0].app).await, BTreeSet::from([1]));

    service
        .roll_out(|value| {
            let keys = value["crypto"]["field_keys"].as_array_mut().unwrap();
            keys.push(json!({ "id": 2, "secret": key() }));
        })
        .await;
    service
        .roll_out(|value| {
            value["crypto"]["field_keys"]
                .as_array_mut()
                .unwrap()
                .reverse();
        })
        .await;
    assert_eq!(sealed_by(&service.nodes[0].app).await, BTreeSet::from([1]));
    let versions = async || {
        let members = member::Entity::of(t.committee).order_by_asc(member::Column::Id);
        let members = members.all(t.app.db.read()).await.unwrap();
        members
            .iter()
            .map(|row| (row.id, row.version))
            .collect::<Vec<_>>()
    };
    let before = versions().await;
    let (columns, ()) = futures_util::join!(keys::rewrap(&service.nodes[0].app), async {
        for _ in 0..5 {
            for node in &service.nodes {
                assert_eq!(node.status(&service.access, "/me").await, 200);
            }
        }
    });

    let columns = columns.unwrap();
    let of = |name: &str| {
        columns
            .iter()
            .find(|one| one.column == name)
            .unwrap()
            .clone()
    };
    assert!(230 < of("member.phone_cipher").sealed, "{columns:?}");
    assert_eq!(of("committee.code_secret").sealed, 2);
    assert!(
        columns.iter().all(|one| one.opens() && one.left == 0),
        "{columns:?}"
    );
    assert_eq!(sealed_by(&service.nodes[0].app).await, BTreeSet::from([2]));
    assert_eq!(versions().await, before, "no member was edited");
    let again = keys::rewrap(&service.nodes[1].app).await.unwrap();
    assert!(again.iter().all(|one| one.sealed == 0), "{again:?}");
    service
        .roll_out(|value| drop(value["crypto"]["field_keys"].as_array_mut().unwrap().pop()))
        .await;
    assert_eq!(ids(&service.configuration["crypto"]["field_keys"]), [2]);
    assert!(service.phone(&service.nodes[0]).await.is_string());
    service.stop().await;
    t.stop().await;
}

#[actix_web::test]
async fn what_no_configured_key_opens_is_left_and_said() {
    let t = TestApp::start().await;
    let mut configuration = t.configuration.clone();
    configuration["crypto"]["field_keys"] = json!([{ "id": 2, "secret": key() }]);
    let stranger = Node::start(&t, &configuration).await;

    let columns = keys::rewrap(&stranger.app).await.unwrap();

    let phones = columns
        .iter()
        .find(|one| one.column == "member.phone_cipher");
    let phones = phones.unwrap();
    assert!(
        !phones.opens() && phones.sealed == 0 && 5 < phones.closed,
        "{phones}"
    );
    assert_eq!(t.get("alice", "/me").await.0, 200);
    stranger.server.stop(true).await;
    t.stop().await;
}

/// Pushes a text to a node, sealed with that key of the account; tells whether it was taken.
async fn is_heard(t: &TestApp, node: &Node, account: &Value, aes_key: &str) -> bool {
    let text = |name: &str| account[name].as_str().unwrap().to_owned();
    let (app_id, now) = (text("app_id"), t.now().timestamp().to_string());
    let crypt = MessageCrypt::new(&app_id, &text("token"), aes_key, None).unwrap();
    let id = u32::from_be_bytes(random());
    let inside = format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>o-1</FromUserName><CreateTime>{now}</CreateTime>\
         <MsgType>text</MsgType><Content>帮助</Content><MsgId>{id}</MsgId></xml>",
        text("original_id")
    );
    let encrypt = crypt.seal_with(inside.as_bytes(), [7; 16]);
    let signature = crypt.signature(&now, "n", None);
    let of_envelope = crypt.signature(&now, "n", Some(&encrypt));
    let url = format!(
        "{}/wechat/callback/{app_id}?signature={signature}&timestamp={now}&nonce=n&encrypt_type=aes&msg_signature={of_envelope}",
        node.base
    );
    let body = format!(
        "<xml><ToUserName>{}</ToUserName><Encrypt>{encrypt}</Encrypt></xml>",
        text("original_id")
    );
    let answer = t.client.http().post(url).body(body).send().await.unwrap();
    let (status, said) = (answer.status(), answer.text().await.unwrap());
    status == 200 && said.contains("<Encrypt>")
}

#[actix_web::test]
async fn pushes_are_heard_with_either_key_while_the_callback_key_is_replaced() {
    let t = TestApp::start().await;
    let mut service = Service::start(&t).await;
    let account = t.configuration["wechat"]["apps"][1].clone();
    let old = account["aes_key"].as_str().unwrap().to_owned();
    let new = STANDARD_NO_PAD.encode(random::<32>());

    assert!(is_heard(&t, &service.nodes[1], &account, &old).await);
    assert!(!is_heard(&t, &service.nodes[1], &account, &new).await);
    service
        .roll_out(|value| {
            let app = &mut value["wechat"]["apps"][1];
            app["previous_aes_key"] = app["aes_key"].take();
            app["aes_key"] = json!(new);
        })
        .await;
    for node in &service.nodes {
        assert!(is_heard(&t, node, &account, &old).await);
        assert!(is_heard(&t, node, &account, &new).await);
    }
    service
        .roll_out(|value| {
            let app = value["wechat"]["apps"][1].as_object_mut().unwrap();
            app.remove("previous_aes_key");
        })
        .await;

    assert!(is_heard(&t, &service.nodes[0], &account, &new).await);
    assert!(!is_heard(&t, &service.nodes[0], &account, &old).await);
    service.stop().await;
    t.stop().await;
}

#[actix_web::test]
async fn every_column_of_bytes_is_sealed_or_known_not_to_be() {
    let t = TestApp::bare(tests::monday(), 1).await;
    let db = t.app.db.migrations();
    let sql = match t.app.db.engine() {
        DatabaseBackend::Sqlite => {
            "SELECT m.name AS \"table\", c.name AS \"column\" FROM sqlite_master m \
             JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND lower(c.type) LIKE '%blob%' \
             OR m.type = 'table' AND lower(c.type) LIKE '%binary%'"
        }
        _ => {
            "SELECT table_name::text AS \"table\", column_name::text AS \"column\" \
             FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'"
        }
    };
    let statement = Statement::from_string(t.app.db.engine(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    let text = |row: &QueryResult, name: &str| row.try_get::<String>("", name).unwrap();
    let mut found: BTreeSet<_> = rows
        .iter()
        .map(|row| (text(row, "table"), text(row, "column")))
        .collect();

    // Pictures and documents are kept as they are.
    assert!(
        found.remove(&("file".to_owned(), "data".to_owned())),
        "{found:?}"
    );
    let sealed: BTreeSet<_> = keys::sealed_columns()
        .map(|(table, column)| (table.to_owned(), column.to_owned()))
        .collect();
    assert_eq!(found, sealed);
    t.stop().await;
}
