document.querySelector('#app').textContent = 'vite-spa';
