// Drives node-easywechat, as it comes from npm, against the simulator.
//
//     with_easywechat.js call '{"base_url", "app_id", "secret", …}'   one line of JSON: what it got
//     with_easywechat.js serve '{…}'                                  a callback address until killed
//
// The package is found through NODE_PATH and is not changed.

"use strict";
const http = require("node:http");
const { OfficialAccount, MiniApp, ServerRequest } = require("node-easywechat");

const [deed, text] = process.argv.slice(2);
const given = JSON.parse(text);

const config = (app) => ({
  app_id: app.app_id,
  secret: app.secret,
  token: app.token,
  aes_key: app.aes_key,
  use_stable_access_token: app.stable !== false,
  http: { baseURL: given.base_url },
  file_cache: { path: given.cache },
});

async function call() {
  const account = new OfficialAccount(config(given));
  const client = account.getClient();
  const get = async (path, params) => (await client.get(path, { params })).toObject();
  const post = async (path, body) => (await client.postJson(path, body)).toObject();
  const classic = new OfficialAccount({ ...config({ ...given, stable: false }) });

  const sent = await post("/cgi-bin/message/template/send", {
    touser: given.openid,
    template_id: given.template_id,
    data: { thing1: { value: "春季座谈会" }, time2: { value: "2026年3月5日 15:00" } },
  });
  const button = [{ type: "click", name: "帮助", key: "help" }];
  await post("/cgi-bin/menu/create", { button });
  const code = await post("/cgi-bin/qrcode/create", {
    action_name: "QR_STR_SCENE",
    expire_seconds: 600,
    action_info: { scene: { scene_str: "bind" } },
  });
  const picture = await client.get("/cgi-bin/showqrcode", {
    params: { ticket: code.ticket },
    responseType: "arraybuffer",
  });
  const refused = await post("/cgi-bin/message/template/send", {
    touser: given.openid,
    template_id: "no-such-template",
    data: {},
  });
  const mini = new MiniApp(config(given.mini));
  const session = await mini.getUtils().codeToSession(given.mini.js_code);
  return {
    token: await account.getAccessToken().getToken(),
    classic: await classic.getAccessToken().getToken(),
    msgid: sent.msgid,
    followers: (await get("/cgi-bin/user/get", {})).data.openid,
    user: await get("/cgi-bin/user/info", { openid: given.openid, lang: "zh_CN" }),
    menu: (await get("/cgi-bin/menu/get", {})).menu.button,
    ticket: code.ticket,
    picture: Buffer.from(picture.getContent()).subarray(0, 4).toString("hex"),
    refused: refused.errcode,
    session,
  };
}

function serve() {
  const server = http.createServer(async (incoming, answer) => {
    try {
      const account = new OfficialAccount(config(given));
      account.setRequest(await ServerRequest.createFromIncomingMessage(incoming));
      const callback = account.getServer();
      callback.withHandler(async (message, next) => {
        const name = message.MsgType === "event" ? message.Event : message.MsgType;
        console.log(JSON.stringify({ opened: name, from: message.FromUserName }));
        return message.MsgType === "text" ? `收到：${message.Content}` : next(message);
      });
      const response = await callback.serve();
      answer.writeHead(response.getStatusCode(), response.getHeaders());
      answer.end(response.getBody());
    } catch (error) {
      console.log(JSON.stringify({ failed: String(error) }));
      answer.writeHead(500).end();
    }
  });
  server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
  return new Promise(() => {});
}

const deeds = { call, serve };
deeds[deed]().then(
  (result) => console.log(JSON.stringify(result)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
