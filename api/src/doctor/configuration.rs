//! The configuration: whether it can be read, by whom else, and what its keys are worth.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Findings;
use crate::backup;
use crate::config::{self, Config};

/// A key of 32 random bytes has about thirty different ones; one drawn by hand has few.
const DIFFERENT_BYTES: usize = 16;
/// A token this short can be tried out.
const TOKEN_LENGTH: usize = 16;

/// Reads the configuration and looks who else can.
pub(super) fn read(file: Option<&Path>, findings: &mut Findings) -> Result<Config> {
    let value = Config::read(file)?;
    let secrets = config::secret_files(&value);
    let files = file.map(Path::to_owned).into_iter().chain(secrets);
    let open: Vec<PathBuf> = files.filter(|file| is_open_to_others(file)).collect();
    for file in &open {
        findings.wrong(
            "file_permissions",
            format!("{} 含有密钥，其他用户可以读取", file.display()),
            format!("chmod 0600 {}，属主设为运行服务的账号", file.display()),
        );
    }
    if open.is_empty() {
        findings.fine("file_permissions", "配置和密钥文件只有属主可以读取");
    }
    Config::from_value(value)
}

/// Whether somebody else may read a file: its own bits and those of its folder say so. Secrets that
/// a container is given lie in a folder only it sees.
pub(super) fn is_open_to_others(file: &Path) -> bool {
    let mode = |path: &Path| std::fs::metadata(path).map(|about| about.permissions().mode());
    let Ok(own) = mode(file) else { return false };
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().and_then(|folder| mode(folder).ok());
    let reachable = folder.is_none_or(|mode| mode & 0o011 != 0);
    own & 0o077 != 0 && reachable && !file.starts_with("/run/secrets")
}

/// Looks at what is configured.
pub(super) fn examine(config: &Config, findings: &mut Findings) {
    findings.fine("configuration", "配置完整，可以读取");
    examine_keys(config, findings);
    if let Ok(Some(file)) = backup::database_file(config)
        && is_open_to_others(&file)
    {
        findings.wrong(
            "file_permissions",
            format!("{} 含有个人信息，其他用户可以读取", file.display()),
            format!(
                "chmod 0600 {0} {0}-wal {0}-shm，并以 UMask=0077 运行服务",
                file.display()
            ),
        );
    }
    match &config.server.metrics_token {
        None => findings.note(
            "metrics",
            "没有配置 server.metrics_token，/metrics 不开放，监控和告警取不到数据",
            "填写一个随机的 server.metrics_token，并配置 Prometheus",
        ),
        Some(token) if token.reveal().len() < TOKEN_LENGTH => findings.wrong(
            "metrics",
            format!("server.metrics_token 不足 {TOKEN_LENGTH} 个字符，可以被猜出"),
            "换成随机的值，例如 openssl rand -hex 24 的输出",
        ),
        Some(_) => findings.fine("metrics", "/metrics 已开放并有口令"),
    }
}

/// Every secret, decoded, by where it is configured. The configuration was checked before.
fn secrets(config: &Config) -> Result<Vec<(String, Vec<u8>)>> {
    let mut secrets = Vec::new();
    for (id, secret) in config.signing_keys()? {
        secrets.push((format!("auth.keys {id}"), secret));
    }
    for (id, secret) in config.field_keys()? {
        secrets.push((format!("crypto.field_keys {id}"), secret.to_vec()));
    }
    secrets.push(("crypto.index_key".to_owned(), config.index_key()?.to_vec()));
    Ok(secrets)
}

fn examine_keys(config: &Config, findings: &mut Findings) {
    let before = findings.0.len();
    let secrets = secrets(config).unwrap_or_default();
    for (place, secret) in &secrets {
        let different: BTreeSet<u8> = secret.iter().copied().collect();
        if different.len() < DIFFERENT_BYTES {
            findings.wrong(
                "keys",
                format!("{place} 不像随机产生的密钥"),
                "按 docs/runbook.md“Keys”一节更换；openssl rand -base64 32 产生一个",
            );
        }
    }
    let mut places: BTreeMap<&[u8], Vec<&str>> = BTreeMap::new();
    for (place, secret) in &secrets {
        places.entry(secret).or_default().push(place);
    }
    for places in places.values().filter(|places| 1 < places.len()) {
        findings.wrong(
            "keys",
            format!("{} 使用了同一个密钥", places.join("、")),
            "每处各用一个密钥，按 docs/runbook.md“Keys”一节更换",
        );
    }
    let mut ids = BTreeSet::new();
    for (place, _) in &secrets {
        if !ids.insert(place) {
            findings.wrong(
                "keys",
                format!("{place} 出现了两次，只有前一个起作用"),
                "给后加入的密钥另取一个编号",
            );
        }
    }
    if 1 < config.auth.keys.len() {
        let (first, others) = (&config.auth.keys[0].id, &config.auth.keys[1..]);
        let others: Vec<&str> = others.iter().map(|key| key.id.as_str()).collect();
        findings.note(
            "keys",
            format!("auth.keys 用 {first} 签发，也接受 {}", others.join("、")),
            format!(
                "所有节点都用 {first} 签发 {} 秒以后，其余的可以从配置中删去",
                config.auth.access_seconds + 60
            ),
        );
    }
    if findings.0.len() == before {
        findings.fine("keys", "签名、字段和索引密钥齐全，强度足够，互不相同");
    }
}
