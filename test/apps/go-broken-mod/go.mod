module example.com/broken

<<<<<<< HEAD
go 1.24
=======
go 1.25
>>>>>>> feature
