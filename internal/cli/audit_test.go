package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var logKills = flag.Int("log-kills", 10, "how many times a hub that answers is killed, on both databases together")

// A hub that is killed while it answers and writes leaves no answer without its record, no write without its record, no
// record of a write that is not there, and a log that is whole.
func TestKilledHubLeavesNoAnswerUnrecorded(t *testing.T) {
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) {
			url, keys := d.New(t), filepath.Join(t.TempDir(), "keys.json")
			path := storetest.Community().WriteZip(t, hmis.FY2026)
			if out, err := hearth(t, keys, url, "import", path, "--source", "made-up").CombinedOutput(); err != nil {
				t.Fatalf("%s", out)
			}
			token := leadToken(t, url, keys)
			answered := map[string]int{} // by operation name
			for n := range (*logKills + 1) / 2 {
				for name, came := range killed(t, url, keys, token, n) {
					if came {
						answered[name]++
					}
				}
			}
			if len(answered) < *logKills/2 {
				t.Fatalf("%d answers are too few to show anything", len(answered))
			}
			recorded := map[string]bool{}
			for _, body := range storetest.Run(t, url, "SELECT body FROM audit_records") {
				if m := regexp.MustCompile(`"operation":"(\w+)"`).FindStringSubmatch(body); m != nil {
					recorded[m[1]] = true
				}
			}
			for name := range answered {
				if !recorded[name] {
					t.Errorf("the answer to %s has no record", name)
				}
			}
			written := storetest.Run(t, url, "SELECT CAST(count(*) AS text) FROM restrictions")[0]
			writes := 0
			for _, body := range storetest.Run(t, url, "SELECT body FROM audit_records WHERE kind = 'WRITE'") {
				if strings.Contains(body, `"outcome":"DONE"`) {
					writes++
				}
			}
			if written != strconv.Itoa(writes) || writes < *logKills/2 {
				t.Errorf("%s writes, %d of them recorded", written, writes)
			}
			if out, err := hearth(t, keys, url, "audit", "verify").CombinedOutput(); err != nil {
				t.Errorf("%s", out)
			}
			t.Logf("%d kills, %d answers, %d writes, %d operations recorded", (*logKills+1)/2, len(answered), writes, len(recorded))
		})
	}
}

func leadToken(t *testing.T, url, keys string) string {
	t.Helper()
	today := hmis.DateOf(time.Now().UTC()).String()
	if out, err := hearth(t, keys, url, "account", "create", "--username", "lead", "--role", "SYSTEM_ADMIN", "--trained", today, "--agreed", today).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	out, err := hearth(t, keys, url, "token", "create", "--username", "lead").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// killed serves, has several clients ask, kills the hub, and returns the names of the operations whose answers came.
func killed(t *testing.T, url, keys, token string, n int) map[string]bool {
	t.Helper()
	c := hearth(t, keys, url, "serve", "--addr", "127.0.0.1:0", "--json")
	messages, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	address := servedAt(t, messages)
	first := fmt.Sprintf("Op_%d_first", n)
	var ada string
	for ada == "" { // it still starts
		ada = asked(address, token, `query `+first+` { clients { nodes { id firstName } } }`)
	}
	write := func(name string, lock bool) bool {
		field := map[bool]string{true: "lockClient", false: "unlockClient"}[lock]
		return asked(address, token, `mutation `+name+` { `+field+`(input: {client: "`+ada+`", askedBy: STAFF}) { client { id firstName } } }`) != ""
	}
	answers := map[string]bool{first: true}
	for _, lock := range []bool{false, true} { // the last kill left the client the one way or the other
		name := fmt.Sprintf("Op_%d_lock_%t", n, lock)
		answers[name] = write(name, lock)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for client := range 6 {
		all.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("Op_%d_%d_%d", n, client, i)
				if client == 0 && !write(name, i%2 == 1) || client > 0 && asked(address, token, `query `+name+` { clients { nodes { id firstName } } }`) == "" {
					return
				}
				mu.Lock()
				answers[name] = true
				mu.Unlock()
			}
		})
	}
	time.Sleep(100*time.Millisecond + time.Duration(rand.Int64N(int64(400*time.Millisecond))))
	_ = c.Process.Kill()
	_ = c.Wait()
	all.Wait()
	return answers
}

func servedAt(t *testing.T, messages io.Reader) string {
	t.Helper()
	d := json.NewDecoder(messages)
	for {
		var line struct{ Msg, Addr string }
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Msg == "serving" {
			go func() { _, _ = io.Copy(io.Discard, io.MultiReader(d.Buffered(), messages)) }()
			return line.Addr
		}
	}
}

// asked returns the id of Ada in an answer, "" where the whole answer did not come.
func asked(address, token, question string) string {
	r, err := http.NewRequest(http.MethodPost, "http://"+address+"/graphql", strings.NewReader(body(question)))
	if err != nil {
		return ""
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if m := regexp.MustCompile(`"id":"([^"]+)","firstName":"Ada"`).FindSubmatch(got); err == nil && m != nil {
		return string(m[1])
	}
	return ""
}

// Serving, then verifying: the checkpoint of the end is in the file beside the key.
func TestCheckpointWhenTheHubStops(t *testing.T) {
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) {
			url := d.New(t)
			d := openDoor(t, url, storetest.Community())
			file := filepath.Join(t.TempDir(), "checkpoints.txt")
			d.store.KeepCheckpoints(file)
			d.ask("lead", everything)
			if err := d.store.Close(); err != nil {
				t.Fatal(err)
			}
			if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), storetest.Run(t, url, "SELECT CAST(count(*) AS text) FROM audit_records")[0]+" ") {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}
