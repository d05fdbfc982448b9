package disclosure

import (
	"context"
	"sync"
)

// Memory is a Ledger that forgets at the end of the process: for tests, and for a hub without a database.
type Memory struct {
	mu    sync.Mutex
	spent map[spender]map[string]bool
}

type spender struct {
	account int64
	release string
}

// Spend is that of Ledger.
func (m *Memory) Spend(_ context.Context, account int64, release string, cells [][]byte, budget int) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	who := spender{account, release}
	if m.spent == nil {
		m.spent = map[spender]map[string]bool{}
	}
	if m.spent[who] == nil {
		m.spent[who] = map[string]bool{}
	}
	granted := make([]bool, len(cells))
	for i, c := range cells {
		if !m.spent[who][string(c)] && len(m.spent[who]) < budget {
			m.spent[who][string(c)] = true
		}
		granted[i] = m.spent[who][string(c)]
	}
	return granted, nil
}
