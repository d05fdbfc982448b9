package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// The ledger lets an account have so many numbers of a release and no more, also when it asks many times at once; what it was
// told already costs nothing, and other accounts have their own.
func TestLedger(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			ctx := context.Background()
			s := d.Open(t)
			storetest.Import(t, s, storetest.Community())
			names, err := s.ReleaseNames(ctx)
			if err != nil || len(names) != 1 {
				t.Fatal(names, err)
			}
			cells := func(from, to int) (list [][]byte) {
				for i := from; i < to; i++ {
					list = append(list, fmt.Appendf(nil, "a cell with a number of its own, %d", i))
				}
				return list
			}
			granted := func(account int64, from, to, budget int) (n int) {
				t.Helper()
				told, err := s.Spend(ctx, account, names[0], cells(from, to), budget)
				if err != nil {
					t.Fatal(err)
				}
				for _, yes := range told {
					if yes {
						n++
					}
				}
				return n
			}
			for _, c := range []struct {
				account  int64
				from, to int
				want     int
			}{{1, 0, 6, 6}, {1, 0, 6, 6}, {1, 4, 14, 6}, {2, 4, 14, 10}, {1, 10, 20, 0}, {0, 0, 20, 10}} {
				if got := granted(c.account, c.from, c.to, 10); got != c.want {
					t.Errorf("%+v: %d granted", c, got)
				}
			}
			if got := granted(3, 0, 2500, 2200); got != 2200 { // more than fit into one statement
				t.Errorf("%d granted of many", got)
			}
			var together sync.WaitGroup
			for i := range 8 {
				together.Go(func() { _, _ = s.Spend(ctx, 4, names[0], cells(i*10, i*10+10), 25) })
			}
			together.Wait()
			if got := granted(4, 0, 80, 25); got != 25 {
				t.Errorf("%d granted to one that asked many times at once", got)
			}
		})
	}
}
