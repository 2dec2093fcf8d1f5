//! The WeChat clients other people wrote, which `wechat/tests/clients` runs against our simulator:
//! wechatpy in the folder `python`, node-easywechat in the folder `node`.

use std::path::PathBuf;

use anyhow::Result;

use crate::packages::{self, Package};

/// Where their pins are.
const PINS: &str = "wechat/tests/clients";

/// The folder of both clients, installed now if they have to be.
pub fn installed() -> Result<PathBuf> {
    let clients = [
        ("python", Package::Python(PINS)),
        ("node", Package::Node(PINS)),
    ];
    packages::installed("clients", &clients)
}
