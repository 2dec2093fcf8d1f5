//! SQLite: whether what was acknowledged outlasts a loss of power, and the file is whole.

use std::path::Path;

use super::Findings;
use super::database::value;
use crate::db::Db;
use crate::error::Result;

/// Numbers of file systems behind a network, from Linux' `magic.h`: NFS, SMB, CIFS, AFS, Ceph.
#[cfg(target_os = "linux")]
const BEHIND_A_NETWORK: [rustix::fs::FsWord; 6] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x5346_414f,
    0x00c3_6400,
];

/// A write-ahead log needs memory that all processes share, which no network gives.
pub(super) fn examine_place(folder: &Path, findings: &mut Findings) {
    #[cfg(target_os = "linux")]
    if let Ok(about) = rustix::fs::statfs(folder)
        && BEHIND_A_NETWORK.contains(&about.f_type)
    {
        findings.wrong(
            "engine",
            format!(
                "数据目录 {} 在网络文件系统上，SQLite 会丢失数据",
                folder.display()
            ),
            "把数据移到本机磁盘，或改用 PostgreSQL",
        );
    }
    #[cfg(not(target_os = "linux"))]
    let _unknown = (folder, findings);
}

/// Looks at the engine as the service opens it.
pub(super) async fn examine(db: &Db, findings: &mut Findings) -> Result<()> {
    let version: String = value(db, "SELECT sqlite_version()").await?;
    let journal: String = value(db, "PRAGMA journal_mode").await?;
    let synchronous: i64 = value(db, "PRAGMA synchronous").await?;
    let foreign_keys: i64 = value(db, "PRAGMA foreign_keys").await?;
    findings.fine("database", format!("SQLite {version} 可以读取"));
    if journal == "wal" && 2 <= synchronous && foreign_keys == 1 {
        findings.fine("engine", "WAL、synchronous=FULL、外键检查都已启用");
    } else {
        findings.wrong(
            "engine",
            format!("journal_mode={journal} synchronous={synchronous} foreign_keys={foreign_keys}"),
            "把数据移到支持 WAL 的本机磁盘；断电时已确认的数据可能丢失",
        );
    }
    let found: String = value(db, "PRAGMA quick_check(1)").await?;
    if found == "ok" {
        findings.fine("integrity", "数据库文件完整");
    } else {
        findings.wrong(
            "integrity",
            format!("数据库文件已损坏：{found}"),
            "停止服务，保留文件，用 xingdong restore 恢复最近的备份",
        );
    }
    Ok(())
}
