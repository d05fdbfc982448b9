// Package storetest tests the store on both databases with one suite.
package storetest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// StartPostgres starts a throwaway PostgreSQL from the machine's own binaries in a new folder, reachable
// through a socket in that folder alone. It returns the URL of its first database and what stops it again.
func StartPostgres() (databaseURL string, stop func(), err error) {
	binaries, err := postgresBinaries()
	if err != nil {
		return "", nil, err
	}
	folder, err := os.MkdirTemp("", "hearth-pg-")
	if err != nil {
		return "", nil, err
	}
	p := postgres{binaries: binaries, folder: folder}
	if err := p.start(); err != nil {
		_ = os.RemoveAll(folder)
		return "", nil, err
	}
	q := url.Values{"host": {folder}, "user": {"hearth"}, "sslmode": {"disable"}}
	return "postgres:///postgres?" + q.Encode(), p.stop, nil
}

// postgresBinaries finds the folder with initdb; PostgreSQL's own packages keep it off the path.
func postgresBinaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL's initdb is not on this machine; install the postgresql package")
	}
	path, err = filepath.EvalSymlinks(path)
	return filepath.Dir(path), err
}

type postgres struct {
	binaries, folder string
}

func (p postgres) start() error {
	data := filepath.Join(p.folder, "data")
	if err := p.handOver(); err != nil {
		return err
	}
	if err := p.run("initdb", "--pgdata", data, "--username", "hearth", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"); err != nil {
		return err
	}
	// Durability does not matter to a throwaway; the rest is as a small production server would have it.
	options := fmt.Sprintf("-k %s -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off"+
		" -c shared_buffers=256MB -c max_wal_size=4GB -c maintenance_work_mem=256MB -c work_mem=32MB -c max_connections=200", p.folder)
	return p.run("pg_ctl", "start", "--pgdata", data, "--wait", "--silent", "--log", filepath.Join(p.folder, "log"), "--options", options)
}

func (p postgres) stop() {
	_ = p.run("pg_ctl", "stop", "--pgdata", filepath.Join(p.folder, "data"), "--mode", "immediate", "--silent")
	_ = os.RemoveAll(p.folder)
}

// handOver gives the folder to the ordinary user that the server will run as, where we are root: PostgreSQL refuses root.
func (p postgres) handOver() error {
	owner, err := ordinaryUser()
	if owner == nil || err != nil {
		return err
	}
	return os.Chown(p.folder, int(owner.Uid), int(owner.Gid))
}

func ordinaryUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

func (p postgres) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(p.binaries, name), args...)
	cmd.Dir = p.folder
	owner, err := ordinaryUser()
	if err != nil {
		return err
	}
	if owner != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	}
	// A file and not a pipe: the server would keep a pipe open and Run would wait for it.
	out, err := os.Create(filepath.Join(os.TempDir(), filepath.Base(p.folder)+"-"+name+".log"))
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return nil
}
