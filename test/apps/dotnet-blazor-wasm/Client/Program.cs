// starts
